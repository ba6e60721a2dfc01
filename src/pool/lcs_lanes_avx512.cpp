// The AVX-512 kernels of lcs_lanes.h: Hyyrö's step on sixteen 32-bit or eight 64-bit lanes, the pattern's
// masks gathered by token.
#include "base/check.h"
#include "pool/lcs_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

// GCC 12 takes the intrinsics' own undefined operands for ours (its bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace retort {
namespace {

RETORT_AVX512 inline __m512i step_32(__m512i v, const TokenLine& line, const uint64_t* masks) {
  // The low half of each 64-bit mask.
  const __m512i mask = _mm512_i32gather_epi32(_mm512_load_si512(&line), masks, 8);
  const __m512i u = _mm512_and_si512(v, mask);
  return _mm512_or_si512(_mm512_add_epi32(v, u), _mm512_sub_epi32(v, u));
}

RETORT_AVX512 inline __m512i step_64(__m512i v, const uint32_t* tokens, const uint64_t* masks) {
  const __m256i ids = _mm256_load_si256(reinterpret_cast<const __m256i*>(tokens));
  const __m512i u = _mm512_and_si512(v, _mm512_i32gather_epi64(ids, masks, 8));
  return _mm512_or_si512(_mm512_add_epi64(v, u), _mm512_sub_epi64(v, u));
}

RETORT_AVX512 inline void store_32(__m512i v, uint32_t* lengths) {
  const __m512i all = _mm512_set1_epi32(-1);
  _mm512_storeu_si512(lengths, _mm512_popcnt_epi32(_mm512_xor_si512(v, all)));
}

RETORT_AVX512 inline void store_64(__m512i v, uint32_t* lengths) {
  const __m512i all = _mm512_set1_epi32(-1);
  const __m512i counts = _mm512_popcnt_epi64(_mm512_xor_si512(v, all));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lengths), _mm512_cvtepi64_epi32(counts));
}

// kBlocks blocks from `block` on, interleaved.
template <size_t kBlocks>
RETORT_AVX512 inline void blocks_32(const LaneTexts& texts, size_t block) {
  const TokenLine* lines = texts.lines + block * texts.length;
  __m512i v[kBlocks];
  for (__m512i& lanes : v) lanes = _mm512_set1_epi32(-1);
  for (size_t i = 0; i < texts.length; ++i)
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) v[b] = step_32(v[b], lines[b * texts.length + i], texts.masks);
  for (size_t b = 0; b < kBlocks; ++b) store_32(v[b], texts.lengths + (block + b) * kLanes);
}

template <size_t kBlocks>
RETORT_AVX512 inline void blocks_64(const LaneTexts& texts, size_t block) {
  const TokenLine* lines = texts.lines + block * texts.length;
  __m512i low[kBlocks], high[kBlocks];
  for (size_t b = 0; b < kBlocks; ++b) low[b] = high[b] = _mm512_set1_epi32(-1);
  for (size_t i = 0; i < texts.length; ++i)
#pragma GCC unroll 4
    for (size_t b = 0; b < kBlocks; ++b) {
      const uint32_t* tokens = lines[b * texts.length + i].lane;
      low[b] = step_64(low[b], tokens, texts.masks);
      high[b] = step_64(high[b], tokens + 8, texts.masks);
    }
  for (size_t b = 0; b < kBlocks; ++b) {
    store_64(low[b], texts.lengths + (block + b) * kLanes);
    store_64(high[b], texts.lengths + (block + b) * kLanes + 8);
  }
}

}  // namespace

RETORT_AVX512 void lcs_lanes_avx512_32(const LaneTexts& texts) {
  size_t block = 0;
  for (; block + 4 <= texts.blocks; block += 4) blocks_32<4>(texts, block);
  for (; block < texts.blocks; ++block) blocks_32<1>(texts, block);
}

RETORT_AVX512 void lcs_lanes_avx512_64(const LaneTexts& texts) {
  size_t block = 0;
  for (; block + 2 <= texts.blocks; block += 2) blocks_64<2>(texts, block);
  for (; block < texts.blocks; ++block) blocks_64<1>(texts, block);
}

}  // namespace retort

#else

namespace retort {

void lcs_lanes_avx512_32(const LaneTexts&) { RETORT_CHECK(false, "no AVX-512 here"); }
void lcs_lanes_avx512_64(const LaneTexts&) { RETORT_CHECK(false, "no AVX-512 here"); }

}  // namespace retort

#endif
