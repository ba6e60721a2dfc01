#include "nn/cached_kernel.h"

#include <cmath>

#include "nn/vector.h"

namespace retort {
namespace {

RETORT_INLINE float dot(const float* a, const float* b, int64_t width) {
  Floats sums = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) sums += load(a + i) * load(b + i);
  float sum = sum_of(sums);
  for (; i < width; ++i) sum += a[i] * b[i];
  return sum;
}

// Scores become weights that sum to one.
RETORT_INLINE void softmax(float* scores, int64_t count) {
  float largest = scores[0];
  for (int64_t s = 1; s < count; ++s) largest = scores[s] > largest ? scores[s] : largest;
  for (int64_t s = 0; s < count; s += kLanes) store(scores + s, exp_of(load(scores + s) - largest));
  float sum = 0;
  for (int64_t s = 0; s < count; ++s) sum += scores[s];
  float share = 1 / sum;
  for (int64_t s = 0; s < count; ++s) scores[s] *= share;
}

}  // namespace

RETORT_CLONES void attend_cached_head(const CachedHead& head, const float* q, float* scores, float* y) {
  for (int64_t s = 0; s < head.count; ++s)
    scores[s] = dot(q, head.keys + s * head.width, head.width) * head.scale;
  if (head.softcap > 0)
    for (int64_t s = 0; s < head.count; ++s) scores[s] = head.softcap * std::tanh(scores[s] / head.softcap);
  softmax(scores, head.count);
  int64_t e = 0;
  for (; e + kLanes <= head.width; e += kLanes) {
    Floats sums = {};
    for (int64_t s = 0; s < head.count; ++s) sums += scores[s] * load(head.values + s * head.width + e);
    store(y + e, sums);
  }
  for (; e < head.width; ++e) {
    y[e] = 0;
    for (int64_t s = 0; s < head.count; ++s) y[e] += scores[s] * head.values[s * head.width + e];
  }
}

}  // namespace retort
