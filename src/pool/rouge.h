// ROUGE-L as google's rouge_score decides it (specs/performance_reliability §1.1): its tokens, its LCS
// (bit-parallel, Hyyrö 2004), its arithmetic to the bit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pool/lcs.h"

namespace retort {

// rouge_score's tokenizer without stemmer: lower-cased, every run of characters outside [a-z0-9] separates.
// "Café au lait, 2x" -> "caf", "au", "lait", "2x".
std::vector<std::string> rouge_tokens(std::string_view text);
// The same, one after the other; a view is valid during its call.
void visit_rouge_tokens(std::string_view text, const std::function<void(std::string_view)>& visit);

// Length of the longest common subsequence.
size_t lcs_length(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b);
// rouge_score's F-measure, same operations in the same order; 0 when either side is empty.
double rouge_l(const std::vector<uint32_t>& old_ids, const std::vector<uint32_t>& new_ids);
// The same from an LCS length and both token counts.
double rouge_l_from(size_t lcs, size_t old_count, size_t new_count);

// The least LCS length whose F-measure is > threshold, by the double formula (an integer test is not the
// reference: of the exact ties at 0.7 it puts 434 of 940 above). More than min(m, n) when there is none.
size_t least_lcs(size_t m, size_t n, double threshold);

}  // namespace retort
