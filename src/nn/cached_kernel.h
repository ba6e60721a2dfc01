// Attention of new tokens over a slot of the key/value cache, in fp32 arithmetic on the CPU, over a cache of
// fp32 or bf16. What a query gets depends on its own numbers alone, bit for bit: not on how many queries are
// asked at once. Raw pointers; no torch here.
//
// Keys lie in blocks of 16 positions, the numbers of one element side by side: (blocks, width, 16), so that a
// vector is 16 positions and a score needs no sum across lanes; in bf16 the numbers of two elements side by
// side, (blocks, width / 2, 16, 2), as load_pair takes them apart. Values lie as rows, padded to whole
// vectors: (positions, padded width).
#pragma once

#include <cstdint>

#include "nn/bf16.h"

namespace retort {

constexpr int64_t kPositionsTogether = kLanes;
constexpr int64_t kQueriesTogether = 8;
RETORT_INLINE int64_t whole_vectors(int64_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

// One key/value head of a slot. `T`: float or Bf16.
template <class T>
struct CachedHead {
  const T *keys, *values;
  const T* next_keys;  // of the head that is asked for after this one; fetched meanwhile
  int64_t width = 0;
  float softcap = 0;  // 0: off
};
// Of one query: it sees positions [first, end).
template <class T>
struct CachedQuery {
  const float* q;  // (width), rotated and scaled
  int64_t first = 0, end = 0;
  T* y;  // (width)
};

// Rotates the first 2 * half numbers of x, as rope.h has it, and scales all `width` of them.
void rotate_head(const float* x, const float* cos, const float* sin, int64_t half, int64_t width, float scale,
                 float* y);
void rotate_head(const Bf16* x, const float* cos, const float* sin, int64_t half, int64_t width, float scale,
                 float* y);

// 1 to kQueriesTogether queries of one head. `scores` has room for as many rows of whole_vectors(largest
// end).
void attend_cached_queries(const CachedHead<float>& head, const CachedQuery<float>* queries, int64_t count,
                           float* scores);
void attend_cached_queries(const CachedHead<Bf16>& head, const CachedQuery<Bf16>* queries, int64_t count,
                           float* scores);

// The key of one position into its block; the width is even.
RETORT_INLINE void store_key(const float* key, int64_t position, int64_t width, float* keys) {
  float* to =
      keys + position / kPositionsTogether * width * kPositionsTogether + position % kPositionsTogether;
  for (int64_t e = 0; e < width; ++e) to[e * kPositionsTogether] = key[e];
}
RETORT_INLINE void store_key(const Bf16* key, int64_t position, int64_t width, Bf16* keys) {
  Bf16* to =
      keys + position / kPositionsTogether * width * kPositionsTogether + position % kPositionsTogether * 2;
  for (int64_t e = 0; e < width; e += 2) std::memcpy(to + e * kPositionsTogether, key + e, 2 * sizeof(Bf16));
}

}  // namespace retort
