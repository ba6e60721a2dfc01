// Whether training rows hold a benchmark's questions: the same question (its words, without case and
// punctuation), or 13 words of it in a row, as GPT-3's authors looked for (arXiv 2005.14165, appendix C).
// What all questions of a task share (a task's own wording) is found too: a hit says "look", not "cheated".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "eval/suite.h"

namespace retort {

inline constexpr size_t kContaminationWords = 13;

class ContaminationIndex {
 public:
  explicit ContaminationIndex(std::span<const EvalQuestion> questions);
  // A training row; the answer is empty where it has none, and is looked through for 13 words alone. Hits are
  // kept.
  void look_at(std::string_view instruction, std::string_view answer = {});

  int64_t rows() const { return rows_; }
  int64_t exact_rows() const { return exact_rows_; }      // rows that are a question
  int64_t overlap_rows() const { return overlap_rows_; }  // rows with 13 words of one
  // The questions that were hit, by id, in the suite's order.
  std::vector<std::string> exact_questions() const;
  std::vector<std::string> overlap_questions() const;

 private:
  std::vector<std::string> ids_;
  std::unordered_map<uint64_t, uint32_t> exact_;               // hash of all words -> a question
  std::unordered_map<uint64_t, std::vector<uint32_t>> grams_;  // hash of 13 words -> questions
  std::unordered_set<uint32_t> exact_hit_, overlap_hit_;
  bool overlaps(const std::vector<uint64_t>& words);
  int64_t rows_ = 0, exact_rows_ = 0, overlap_rows_ = 0;
};

}  // namespace retort
