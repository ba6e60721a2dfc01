// Attention of one new token over a slot of the key/value cache, in fp32 on the CPU. Raw pointers; no torch
// here.
#pragma once

#include <cstdint>

namespace retort {

// A head's cache: `count` keys and as many values, rows of `width` floats.
struct CachedHead {
  const float *keys, *values;
  int64_t count = 0, width = 0;
  float scale = 1;    // of the scores
  float softcap = 0;  // scores become softcap * tanh(score / softcap); 0: off
};

// y (width) = softmax(q keys^T * scale) values. `scores` has room for count floats, rounded up to 16.
void attend_cached_head(const CachedHead& head, const float* q, float* scores, float* y);

}  // namespace retort
