// ROUGE-L as google's rouge_score decides it (specs/performance_reliability §1.1): its tokens, its LCS
// (bit-parallel, Hyyrö 2004), its arithmetic to the bit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace retort {

// rouge_score's tokenizer without stemmer: lower-cased, every run of characters outside [a-z0-9] separates.
// "Café au lait, 2x" -> "caf", "au", "lait", "2x".
std::vector<std::string> rouge_tokens(std::string_view text);

// Tokens as dense ids. Ids depend on the order of calls; scores do not.
class RougeVocabulary {
 public:
  std::vector<uint32_t> ids(std::string_view text);

 private:
  std::unordered_map<std::string, uint32_t> index_;
};

// Length of the longest common subsequence.
size_t lcs_length(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b);
// rouge_score's F-measure, same operations in the same order; 0 when either side is empty.
double rouge_l(const std::vector<uint32_t>& old_ids, const std::vector<uint32_t>& new_ids);

// The instructions a new one must differ from. A text is a near duplicate when its F-measure with any of them
// is > threshold (strictly).
class NoveltyPool {
 public:
  // 0.7 is Lion's, Alpaca's and Self-Instruct's; 1.0 turns it off.
  explicit NoveltyPool(double threshold = 0.7);
  void add(std::string_view text);
  bool is_near_duplicate(std::string_view text);
  size_t size() const { return entries_.size(); }

 private:
  double threshold_;
  RougeVocabulary vocabulary_;
  std::vector<std::vector<uint32_t>> entries_;
};

}  // namespace retort
