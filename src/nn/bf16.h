// bfloat16 as the kernels of this room read and write it: sixteen at once, widened to floats on the way in
// and rounded to the nearest (ties to even) on the way out. Kernels are written once over the type in memory.
#pragma once

#include "nn/vector.h"

namespace retort {

struct Bf16 {
  uint16_t bits;
};
typedef uint16_t Shorts __attribute__((vector_size(32)));
typedef uint32_t Words __attribute__((vector_size(64)));

RETORT_INLINE Floats load(const Bf16* from) {
  Shorts bits;
  std::memcpy(&bits, from, sizeof bits);
  Words wide = __builtin_convertvector(bits, Words) << 16;
  Floats x;
  std::memcpy(&x, &wide, sizeof x);
  return x;
}
// Of numbers: what is not a number stays none only where its upper bits say so.
RETORT_INLINE Shorts rounded(const Floats& x) {
  Words wide;
  std::memcpy(&wide, &x, sizeof wide);
  wide += 0x7fff + ((wide >> 16) & 1);
  return __builtin_convertvector(wide >> 16, Shorts);
}
RETORT_INLINE void store(Bf16* to, const Floats& x) {
  Shorts bits = rounded(x);
  std::memcpy(to, &bits, sizeof bits);
}

RETORT_INLINE float value_of(float x) { return x; }
RETORT_INLINE float value_of(Bf16 x) {
  uint32_t wide = static_cast<uint32_t>(x.bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}
RETORT_INLINE void set_value(float& to, float value) { to = value; }
RETORT_INLINE void set_value(Bf16& to, float value) {
  uint32_t wide;
  std::memcpy(&wide, &value, sizeof wide);
  to.bits = static_cast<uint16_t>((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);
}

// The first `count` (fewer than a vector's lanes), zeros behind them.
template <class T>
RETORT_INLINE Floats load_part(const T* from, int64_t count) {
  T padded[kLanes] = {};
  std::memcpy(padded, from, static_cast<size_t>(count) * sizeof(T));
  return load(padded);
}
template <class T>
RETORT_INLINE void store_part(T* to, const Floats& x, int64_t count) {
  T padded[kLanes];
  store(padded, x);
  std::memcpy(to, padded, static_cast<size_t>(count) * sizeof(T));
}

}  // namespace retort
