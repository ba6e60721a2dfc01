// Int8 products by AVX-VNNI: 32 products of bytes in one instruction (laptops from 2021 on, without AVX-512).
#include "nn/int8_tile_paths.h"

#if RETORT_HAS_INT8_TILES
#include <immintrin.h>

#pragma GCC target("avx2,fma,avxvnni")
#include "nn/int8_tile.h"

namespace retort {
namespace {

struct AvxVnni {
  static constexpr int kVectors = 4;
  using Sums = __m256i;
  using Numbers = __m256;
  using Weights = __m256i;
  using Inputs = __m256i;

  static Sums all(int32_t value) { return _mm256_set1_epi32(value); }
  static Weights weights(const uint8_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  static Inputs inputs(const int8_t* four) {
    int32_t bits;
    std::memcpy(&bits, four, sizeof bits);
    return _mm256_set1_epi32(bits);
  }
  static Sums add(Sums sums, Weights weights, Inputs inputs) {
    return _mm256_dpbusd_avx_epi32(sums, weights, inputs);
  }
  static Numbers add_scaled(Numbers to, Sums sums, float scale, const float* scales) {
    const Numbers both = _mm256_mul_ps(_mm256_set1_ps(scale), _mm256_loadu_ps(scales));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), both, to);
  }
};

}  // namespace

void multiply_tile_avx_vnni(const Int8Tile& t) {
  if (t.rows == 2) return multiply_rows_of<AvxVnni, 2>(t);
  multiply_rows_of<AvxVnni, 1>(t);
}

}  // namespace retort
#endif
