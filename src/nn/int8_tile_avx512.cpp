// Int8 products by AVX512-VNNI: 64 products of bytes in one instruction.
#include "nn/int8_tile_paths.h"

#if RETORT_HAS_INT8_TILES
#include <immintrin.h>

#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vnni,fma")
#include "nn/int8_tile.h"

namespace retort {
namespace {

struct Avx512Vnni {
  static constexpr int kVectors = 2;
  using Sums = __m512i;
  using Numbers = __m512;
  using Weights = __m512i;
  using Inputs = __m512i;

  static Sums all(int32_t value) { return _mm512_set1_epi32(value); }
  static Weights weights(const uint8_t* from) { return _mm512_loadu_si512(from); }
  static Inputs inputs(const int8_t* four) {
    int32_t bits;
    std::memcpy(&bits, four, sizeof bits);
    return _mm512_set1_epi32(bits);
  }
  static Sums add(Sums sums, Weights weights, Inputs inputs) {
    return _mm512_dpbusd_epi32(sums, weights, inputs);
  }
  static Numbers add_scaled(Numbers to, Sums sums, float scale, const float* scales) {
    const Numbers both = _mm512_mul_ps(_mm512_set1_ps(scale), _mm512_loadu_ps(scales));
    // The intrinsic for this conversion makes g++ 12 warn of its own header.
    const Numbers numbers = __builtin_convertvector(reinterpret_cast<__v16si>(sums), __v16sf);
    return _mm512_fmadd_ps(numbers, both, to);
  }
};

}  // namespace

void multiply_tile_avx512_vnni(const Int8Tile& t) {
  switch (t.rows) {
    case 6:
      return multiply_rows_of<Avx512Vnni, 6>(t);
    case 5:
      return multiply_rows_of<Avx512Vnni, 5>(t);
    case 4:
      return multiply_rows_of<Avx512Vnni, 4>(t);
    case 3:
      return multiply_rows_of<Avx512Vnni, 3>(t);
    case 2:
      return multiply_rows_of<Avx512Vnni, 2>(t);
    case 1:
      return multiply_rows_of<Avx512Vnni, 1>(t);
  }
}

}  // namespace retort
#endif
