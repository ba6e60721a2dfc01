#include "pool/lcs_lanes.h"

#include <algorithm>
#include <bit>

namespace retort {

void LcsLanes::assign(TokenIds pattern, size_t id_count) {
  for (uint32_t id : pattern_) masks_[id] = 0;
  pattern_.assign(pattern.begin(), pattern.end());
  if (masks_.size() < id_count) masks_.resize(id_count);
  if (pattern_.size() > kPatternMax) return long_pattern_.assign(pattern_);
  for (size_t i = 0; i < pattern_.size(); ++i)
    if (pattern_[i] != kNoToken) masks_[pattern_[i]] |= uint64_t{1} << i;
}

void LcsLanes::lengths(const TextBlocks& texts, size_t first, size_t count, uint32_t* lengths) {
  if (pattern_.size() > kPatternMax) return lengths_one_by_one(texts, first, count, lengths);
  const LaneTexts lanes{masks_.data(), texts.block(first), texts.length(), count, lengths};
  if (simd_ == Simd::Plain) return lcs_lanes_plain(lanes);
  pattern_.size() <= 32 ? lcs_lanes_avx512_32(lanes) : lcs_lanes_avx512_64(lanes);
}

void LcsLanes::lengths_one_by_one(const TextBlocks& texts, size_t first, size_t count, uint32_t* lengths) {
  const size_t rows = std::min(count * kLanes, texts.texts().size() - first * kLanes);
  std::fill(lengths + rows, lengths + count * kLanes, 0);
  for (size_t i = 0; i < rows; ++i) {
    texts.copy_tokens(first * kLanes + i, tokens_);
    lengths[i] = static_cast<uint32_t>(long_pattern_.length_with(tokens_));
  }
}

RETORT_COUNTS_BITS void lcs_lanes_plain(const LaneTexts& texts) {
  constexpr size_t kTogether = 4;  // independent chains, so that one waits while the others work
  for (size_t b = 0; b < texts.blocks; ++b) {
    const TokenLine* lines = texts.lines + b * texts.length;
    for (size_t from = 0; from < kLanes; from += kTogether) {
      uint64_t v[kTogether] = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
      for (size_t i = 0; i < texts.length; ++i) {
#pragma GCC unroll 4
        for (size_t k = 0; k < kTogether; ++k) {
          const uint64_t u = v[k] & texts.masks[lines[i].lane[from + k]];
          v[k] = (v[k] + u) | (v[k] - u);
        }
      }
      for (size_t k = 0; k < kTogether; ++k)
        texts.lengths[b * kLanes + from + k] = static_cast<uint32_t>(std::popcount(~v[k]));
    }
  }
}

}  // namespace retort
