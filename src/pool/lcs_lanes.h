// LCS lengths of one pattern with sixteen texts of a block at a time (lcs.h's step, one lane a text). With
// AVX-512 a lane is a lane of a register and four blocks are interleaved to hide the gather's latency; the
// plain code does four texts at a time. Same numbers from both.
#pragma once

#include <cstdint>
#include <vector>

#include "pool/lcs.h"
#include "pool/simd.h"
#include "pool/text_blocks.h"

namespace retort {

class LcsLanes {
 public:
  // Longer patterns are aligned text by text.
  static constexpr size_t kPatternMax = 64;

  explicit LcsLanes(Simd simd) : simd_(simd) {}
  // Replaces the pattern. Every id, of the pattern and of the texts, is below `id_count`; kNoToken matches
  // nothing.
  void assign(TokenIds pattern, size_t id_count);
  // The LCS lengths of blocks [first, first + count) into lengths[count * kLanes].
  void lengths(const TextBlocks& texts, size_t first, size_t count, uint32_t* lengths);

 private:
  void lengths_one_by_one(const TextBlocks& texts, size_t first, size_t count, uint32_t* lengths);

  Simd simd_;
  std::vector<uint32_t> pattern_;
  std::vector<uint64_t> masks_;  // by token id: where in a pattern of at most kPatternMax tokens it stands
  LcsPattern long_pattern_;      // of more tokens
  std::vector<uint32_t> tokens_;
};

// The kernels. masks[token] for every token of the lines, in the low pattern bits.
struct LaneTexts {
  const uint64_t* masks;
  const TokenLine* lines;
  size_t length, blocks;
  uint32_t* lengths;
};
void lcs_lanes_plain(const LaneTexts& texts);
void lcs_lanes_avx512_32(const LaneTexts& texts);  // patterns of at most 32 tokens
void lcs_lanes_avx512_64(const LaneTexts& texts);  // of at most 64

}  // namespace retort
