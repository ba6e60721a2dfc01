// ROUGE-L as google's rouge_score decides it (specs/performance_reliability §1.1): its tokens, its LCS
// (bit-parallel, Hyyrö 2004), its arithmetic to the bit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pool/lcs.h"

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
// The same from an LCS length and both token counts.
double rouge_l_from(size_t lcs, size_t old_count, size_t new_count);

// The least LCS length whose F-measure is > threshold, by the double formula (an integer test is not the
// reference: of the exact ties at 0.7 it puts 434 of 940 above). More than min(m, n) when there is none.
size_t least_lcs(size_t m, size_t n, double threshold);

struct NoveltyOptions {
  // Near duplicates have an F-measure > this (strictly). 0.7 is Lion's, Alpaca's and Self-Instruct's; 1.0
  // turns all of it off.
  double threshold = 0.7;
  // Ours: a text without a single ROUGE token (Chinese, Arabic, Russian, ...) is a duplicate of the identical
  // text. rouge_score gives the two 0 and lets every copy in; false does as it does. (Identical texts with
  // tokens have F = 1.)
  bool refuse_identical_wordless = true;
};

// The instructions a new one must differ from. Exact: it decides as if every pair were scored; length,
// signature and common tokens only spare LCS runs that cannot pass.
class NoveltyPool {
 public:
  explicit NoveltyPool(double threshold = 0.7) : NoveltyPool(NoveltyOptions{.threshold = threshold}) {}
  explicit NoveltyPool(const NoveltyOptions& options);
  void add(std::string_view text);
  bool is_near_duplicate(std::string_view text);
  size_t size() const { return size_; }

 private:
  // 256 bits over the (token, occurrence) pairs of a text. Each bit that one text has and the other lacks is
  // at least one pair that is not shared.
  struct Signature {
    uint64_t words[4] = {};
  };
  // Entries with the same number of tokens, one after the other.
  struct Group {
    std::vector<Signature> signatures;
    std::vector<uint32_t> tokens;
  };
  static Signature signature(std::vector<uint32_t> ids);
  // At least so many of the one text's tokens are not shared by the other.
  static size_t bits_missing(const Signature& has, const Signature& lacks);
  // least_lcs with this pool's threshold, kept.
  uint32_t need(size_t m, size_t n);
  bool group_has_near_duplicate(const Group& group, size_t n, size_t need, const Signature& query, size_t m);

  NoveltyOptions options_;
  RougeVocabulary vocabulary_;
  std::map<size_t, Group> groups_;  // by number of tokens
  std::unordered_set<std::string> wordless_;
  std::unordered_map<size_t, std::vector<uint32_t>> needs_;  // [m][n]; 0: not computed yet
  LcsPattern pattern_;                                       // of the text that is being judged
  size_t size_ = 0;
};

}  // namespace retort
