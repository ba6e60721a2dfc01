// The texts nearest to one text, as Lion keeps them of each instruction that it accepts: the ten of the
// highest F-measure, and the mean over all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace retort {

struct NearText {
  size_t text = 0;   // number in order of addition, from 0
  double score = 0;  // F-measure, rouge_score's to the bit
  bool operator==(const NearText&) const = default;
};

struct Similarity {
  std::vector<NearText> nearest;  // nearest first; of equal ones the earlier first
  double mean = 0;                // over all texts, within 1e-12; 0 when there are none
};

// Keeps the best of what it is offered, in any order.
class Nearest {
 public:
  explicit Nearest(size_t count) : count_(count) {}
  void offer(NearText text);
  // The least LCS of texts of m and n tokens with which offer() may change anything.
  size_t least_lcs_to_enter(size_t m, size_t n) const;
  const std::vector<NearText>& sorted() const { return texts_; }

 private:
  size_t count_;
  std::vector<NearText> texts_;  // sorted
};

}  // namespace retort
