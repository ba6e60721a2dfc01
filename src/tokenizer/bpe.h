// Byte-pair encoding of one piece of text over a vocabulary of byte strings: the merges in order of rank,
// leftmost first, with a heap, so a piece of n bytes costs O(n log n).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"

namespace retort {

// Looked up by string_view without a copy.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct Bpe {
  struct Merge {
    uint32_t rank = 0;
    int32_t merged = 0;
  };
  struct PairHash {
    size_t operator()(uint64_t pair) const { return mix64(pair, 0); }
  };
  static uint64_t pair(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }

  std::unordered_map<std::string, int32_t, TextHash, std::equal_to<>> ids;  // bytes -> id
  std::vector<int32_t> byte_ids;                                            // 256
  std::unordered_map<uint64_t, Merge, PairHash> merges;                     // pair -> what it becomes
  bool ignore_merges = false;  // a piece that is a token as a whole is that token

  // Appends the ids of `piece` to `out`.
  void encode(std::string_view piece, std::vector<int32_t>& out) const;
};

}  // namespace retort
