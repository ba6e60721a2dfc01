// The tokens of many texts of one length, sixteen texts side by side: position by position one cache line
// holds the token of each. The layout that lcs_lanes.h reads.
#pragma once

#include <cstdint>
#include <vector>

#include "pool/lcs.h"

namespace retort {

constexpr size_t kLanes = 16;

struct alignas(64) TokenLine {
  uint32_t lane[kLanes] = {};
};

class TextBlocks {
 public:
  explicit TextBlocks(size_t length) : length_(length) {}

  // Appends a text of length() tokens, which is number `text` to the caller.
  void add(TokenIds tokens, uint32_t text) {
    const size_t lane = texts_.size() % kLanes;
    if (lane == 0) lines_.resize(lines_.size() + length_);
    TokenLine* block = lines_.data() + lines_.size() - length_;
    for (size_t i = 0; i < length_; ++i) block[i].lane[lane] = tokens[i];
    texts_.push_back(text);
  }
  void copy_tokens(size_t row, std::vector<uint32_t>& tokens) const {
    const TokenLine* lines = block(row / kLanes);
    tokens.resize(length_);
    for (size_t i = 0; i < length_; ++i) tokens[i] = lines[i].lane[row % kLanes];
  }

  size_t length() const { return length_; }
  // Texts in order of addition.
  const std::vector<uint32_t>& texts() const { return texts_; }
  size_t block_count() const { return (texts_.size() + kLanes - 1) / kLanes; }
  // length() lines; lanes past the last text hold kNoToken.
  const TokenLine* block(size_t index) const { return lines_.data() + index * length_; }

 private:
  size_t length_;
  std::vector<TokenLine> lines_;
  std::vector<uint32_t> texts_;
};

}  // namespace retort
