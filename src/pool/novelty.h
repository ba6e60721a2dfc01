// The novelty index: the instructions that a new one must differ from. Exact: it decides as if rouge_score
// had scored every pair, by a prefix filter whose survivors alone are aligned (specs/performance_reliability
// §1). One thread uses it; what it says depends on the texts and their order, never on the processor.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pool/lcs_lanes.h"
#include "pool/nearest.h"
#include "pool/need.h"
#include "pool/prefix_index.h"
#include "pool/vocabulary.h"

namespace retort {

struct NoveltyOptions {
  // Near duplicates have an F-measure > this (strictly). 0.7 is Lion's, Alpaca's and Self-Instruct's; 1.0
  // turns all of it off.
  double threshold = 0.7;
  TokenRule tokens = TokenRule::Rouge;  // Lion's
  // Ours: a text without a single token (with Lion's tokens: Chinese, Arabic, Russian, ...) is a duplicate of
  // the identical text. rouge_score gives the two 0 and lets every copy in; false does as it does. (Identical
  // texts with tokens have F = 1.)
  bool refuse_identical_wordless = true;
  Simd simd = best_simd();  // how, never what
};

class NoveltyIndex {
 public:
  explicit NoveltyIndex(double threshold = 0.7) : NoveltyIndex(NoveltyOptions{.threshold = threshold}) {}
  explicit NoveltyIndex(const NoveltyOptions& options);

  void add(std::string_view text);
  bool is_near_duplicate(std::string_view text);
  // Scores every text, which costs much more than the decision. Ten is Lion's count.
  Similarity similarity(std::string_view text, size_t nearest_count = 10);
  size_t size() const { return places_.size(); }

 private:
  struct Place {
    uint32_t length, row;
  };

  void index_new_texts();
  bool search(TokenIds query, const NeedTable::Row& needs);
  bool passes(const Posting& posting, size_t need);
  // Aligns with every text that is of a length to pass.
  bool scan(TokenIds query, const NeedTable::Row& needs);
  template <class Stop>
  bool any_of_length(const TextBlocks& texts, Stop&& stop);
  double score_length(const TextBlocks& texts, size_t query_length, Nearest& nearest);

  NoveltyOptions options_;
  Vocabulary vocabulary_;
  NeedTable needs_;
  PrefixIndex prefixes_;
  std::vector<Place> places_;             // by number of the text
  std::map<size_t, TextBlocks> lengths_;  // texts by number of tokens, those without any among them
  std::unordered_set<std::string> wordless_;
  size_t indexed_ = 0, ordered_ = 0;  // texts in prefixes_; texts when its order was made
  // Of the text that is being judged.
  LcsPattern pattern_;
  LcsLanes lanes_;
  ElementSet set_;
  // Scratch.
  std::vector<Posting> candidates_;
  std::vector<uint32_t> tokens_, scores_;
};

}  // namespace retort
