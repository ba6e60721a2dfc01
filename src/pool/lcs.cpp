#include "pool/lcs.h"

#include <algorithm>
#include <bit>

namespace retort {

void LcsPattern::assign(TokenIds pattern) {
  for (uint32_t id : pattern_) slot_of_[id] = 0;
  pattern_.assign(pattern.begin(), pattern.end());
  words_ = (pattern_.size() + 63) / 64;
  if (!pattern_.empty())
    slot_of_.resize(std::max<size_t>(slot_of_.size(), *std::ranges::max_element(pattern_) + size_t{1}));

  counts_.assign(1, 0);
  masks_.assign(words_, 0);  // slot 0: tokens that the pattern does not hold
  for (size_t i = 0; i < pattern_.size(); ++i) {
    uint32_t& slot = slot_of_[pattern_[i]];
    if (slot == 0) {
      slot = static_cast<uint32_t>(counts_.size());
      counts_.push_back(0);
      masks_.resize(masks_.size() + words_, 0);
    }
    ++counts_[slot];
    masks_[slot * words_ + i / 64] |= uint64_t{1} << (i % 64);
  }
}

size_t LcsPattern::length_with(TokenIds text) {
  state_.assign(words_, ~uint64_t{0});
  for (uint32_t id : text) {
    const uint64_t* mask = masks_.data() + slot(id) * words_;
    bool carry = false;
    for (size_t w = 0; w < words_; ++w) {
      uint64_t v = state_[w], u = v & mask[w], sum;
      bool over = __builtin_add_overflow(v, u, &sum);
      carry = __builtin_add_overflow(sum, uint64_t{carry}, &sum) || over;
      state_[w] = sum | (v - u);  // no borrow: u is a subset of v
    }
  }
  // Bits past the pattern's end stay 1: no mask has them.
  size_t length = 0;
  for (uint64_t v : state_) length += static_cast<size_t>(std::popcount(~v));
  return length;
}

bool LcsPattern::shares_at_least(TokenIds text, size_t need) {
  if (need > text.size()) return false;
  left_ = counts_;
  size_t missing_max = text.size() - need, missing = 0;
  for (size_t i = 0; i < text.size() && missing <= missing_max; ++i) {
    uint32_t& left = left_[slot(text[i])];
    left == 0 ? ++missing : --left;
  }
  return missing <= missing_max;
}

}  // namespace retort
