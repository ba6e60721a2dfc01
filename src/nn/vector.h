// Sixteen floats at once, for the kernels of this room. Plain C++ with the compiler's vector types: a
// function marked RETORT_CLONES is compiled for AVX-512, for AVX2 and for the oldest processor, and the right
// one is chosen when the program starts. What such a function calls must be RETORT_INLINE, or it is compiled
// for the oldest alone.
#pragma once

#include <cstdint>
#include <cstring>

// g++ warns that vectors of this size would be returned differently with AVX-512; but all is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define RETORT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RETORT_CLONES
#endif
// A loop with a fixed small number of turns, unrolled, so that an array of vectors lives in registers.
#define RETORT_EACH(i, count) _Pragma("GCC unroll 8") for (int i = 0; i < count; ++i)
#define RETORT_INLINE inline __attribute__((always_inline))

namespace retort {

constexpr int64_t kLanes = 16;
typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));

RETORT_INLINE Floats load(const float* from) {
  Floats x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
RETORT_INLINE void store(float* to, const Floats& x) { std::memcpy(to, &x, sizeof x); }
RETORT_INLINE Floats all(float value) { return Floats{} + value; }

RETORT_INLINE float sum_of(const Floats& x) {
  typedef float Half __attribute__((vector_size(32)));
  typedef float Quarter __attribute__((vector_size(16)));
  Half halves[2];
  std::memcpy(halves, &x, sizeof x);
  Half half = halves[0] + halves[1];
  Quarter quarters[2];
  std::memcpy(quarters, &half, sizeof half);
  Quarter q = quarters[0] + quarters[1];
  return (q[0] + q[2]) + (q[1] + q[3]);
}
RETORT_INLINE float max_of(const Floats& x) {
  float most = x[0];
  for (int i = 1; i < kLanes; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

// e^x within 2 units in the last place; what would be denormal or infinite is cut at e^-87 and e^88.
RETORT_INLINE Floats exp_of(const Floats& exponent) {
  Floats x = exponent < -87.0f ? all(-87.0f) : exponent;
  x = x > 88.0f ? all(88.0f) : x;
  // x = n ln 2 + r; adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
  Floats n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  Floats r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  Floats p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  Floats y = p * (r * r) + r + 1.0f;
  Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  Floats scale;
  std::memcpy(&scale, &power, sizeof scale);
  return y * scale;
}

RETORT_INLINE Floats sigmoid_of(const Floats& x) { return 1.0f / (1.0f + exp_of(-x)); }

}  // namespace retort
