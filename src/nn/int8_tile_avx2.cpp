// Int8 products by AVX2, which multiplies pairs of 16-bit numbers: a block's bytes are taken apart into those
// at even and at odd places.
#include "nn/int8_tile_paths.h"

#if RETORT_HAS_INT8_TILES
#include <immintrin.h>

#pragma GCC target("avx2,fma")
#include "nn/int8_tile.h"

namespace retort {
namespace {

struct Avx2 {
  static constexpr int kVectors = 4;
  struct Pairs {
    __m256i even, odd;
  };
  using Sums = __m256i;
  using Numbers = __m256;
  using Weights = Pairs;
  using Inputs = Pairs;

  static Sums all(int32_t value) { return _mm256_set1_epi32(value); }
  static Weights weights(const uint8_t* from) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return {_mm256_and_si256(bytes, _mm256_set1_epi16(0xff)), _mm256_srli_epi16(bytes, 8)};
  }
  static Inputs inputs(const int8_t* four) {
    int32_t bits;
    std::memcpy(&bits, four, sizeof bits);
    const __m256i bytes = _mm256_set1_epi32(bits);
    return {_mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8), _mm256_srai_epi16(bytes, 8)};
  }
  static Sums add(Sums sums, Weights weights, Inputs inputs) {
    const __m256i even = _mm256_madd_epi16(weights.even, inputs.even);
    return _mm256_add_epi32(_mm256_add_epi32(sums, even), _mm256_madd_epi16(weights.odd, inputs.odd));
  }
  static Numbers add_scaled(Numbers to, Sums sums, float scale, const float* scales) {
    const Numbers both = _mm256_mul_ps(_mm256_set1_ps(scale), _mm256_loadu_ps(scales));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), both, to);
  }
};

}  // namespace

void multiply_tile_avx2(const Int8Tile& t) {
  if (t.rows == 2) return multiply_rows_of<Avx2, 2>(t);
  multiply_rows_of<Avx2, 1>(t);
}

}  // namespace retort
#endif
