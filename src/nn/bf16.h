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
// Of numbers: what is not a number stays none only where its upper bits say so. In the upper halves.
RETORT_INLINE Words rounded_words(const Floats& x) {
  Words wide;
  std::memcpy(&wide, &x, sizeof wide);
  return wide + 0x7fff + ((wide >> 16) & 1);
}
RETORT_INLINE Shorts rounded(const Floats& x) {
  return __builtin_convertvector(rounded_words(x) >> 16, Shorts);
}
RETORT_INLINE void store(Bf16* to, const Floats& x) {
  Shorts bits = rounded(x);
  std::memcpy(to, &bits, sizeof bits);
}

// Thirty-two in two vectors, in whatever order costs least: fp32 one vector behind the other, bf16 those at
// even places and those at odd ones. store_pair puts them back in their places.
struct Pair {
  Floats first, second;
};
RETORT_INLINE Pair load_pair(const float* from) { return {load(from), load(from + kLanes)}; }
RETORT_INLINE Pair load_pair(const Bf16* from) {
  Words both;
  std::memcpy(&both, from, sizeof both);
  const Words even = both << 16, odd = both & 0xffff0000;
  Pair x;
  std::memcpy(&x.first, &even, sizeof even);
  std::memcpy(&x.second, &odd, sizeof odd);
  return x;
}
// Asks for them from memory, to be loaded later; any address will do.
RETORT_INLINE void fetch_pair(const float* from) {
  __builtin_prefetch(from);
  __builtin_prefetch(from + kLanes);
}
RETORT_INLINE void fetch_pair(const Bf16* from) { __builtin_prefetch(from); }
RETORT_INLINE void store_pair(float* to, const Pair& x) {
  store(to, x.first);
  store(to + kLanes, x.second);
}
RETORT_INLINE void store_pair(Bf16* to, const Pair& x) {
  const Words both = (rounded_words(x.first) >> 16) | (rounded_words(x.second) & 0xffff0000);
  std::memcpy(to, &both, sizeof both);
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

// The first `count` (at most a vector's lanes), zeros behind them.
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
