#include "generate/choice_kernel.h"

#include <cmath>

#include "nn/vector.h"

namespace retort {
namespace {

// Sixteen logits, or what is left of them before minus infinity.
RETORT_INLINE Floats load_logits(const float* from, int64_t left) {
  if (left >= kLanes) return load(from);
  Floats x = all(-INFINITY);
  std::memcpy(&x, from, static_cast<size_t>(left) * sizeof(float));
  return x;
}

}  // namespace

RETORT_CLONES void block_maxima(const float* logits, int64_t count, float* largest) {
  for (int64_t begin = 0; begin < count; begin += kChoiceBlock) {
    Floats most = load_logits(logits + begin, count - begin);
    for (int64_t i = begin + kLanes; i < begin + kChoiceBlock && i < count; i += kLanes) {
      Floats x = load_logits(logits + i, count - i);
      most = x > most ? x : most;
    }
    largest[begin / kChoiceBlock] = max_of(most);
  }
}

RETORT_CLONES void block_weights(const float* logits, int64_t count, float shift, float inverse_temperature,
                                 float* sums) {
  for (int64_t begin = 0; begin < count; begin += kChoiceBlock) {
    Floats sum = {};
    for (int64_t i = begin; i < begin + kChoiceBlock && i < count; i += kLanes) {
      Floats power = (load_logits(logits + i, count - i) - shift) * inverse_temperature;
      // What lies so far below the likeliest counts as nothing, and so does what is behind the row's end.
      Floats weight = exp_of(power);
      sum += power > -86.0f ? weight : all(0);
    }
    sums[begin / kChoiceBlock] = sum_of(sum);
  }
}

}  // namespace retort
