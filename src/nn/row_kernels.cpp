#include "nn/row_kernels.h"

#include <cmath>

#include "nn/vector.h"

namespace retort {
namespace {

struct Silu {
  Floats value, slope;  // silu(x) and its derivative
};
RETORT_INLINE Silu silu_of(const Floats& x) {
  Floats s = sigmoid_of(x);
  return {x * s, s + x * s * (1.0f - s)};
}

// The first `count` floats (fewer than a vector's lanes), zeros behind them.
RETORT_INLINE Floats load_part(const float* from, int64_t count) {
  Floats x = {};
  std::memcpy(&x, from, static_cast<size_t>(count) * sizeof(float));
  return x;
}
RETORT_INLINE void store_part(float* to, const Floats& x, int64_t count) {
  std::memcpy(to, &x, static_cast<size_t>(count) * sizeof(float));
}

RETORT_INLINE void rms_row(const float* x, const float* weight, int64_t width, float epsilon, float* y,
                           float* inverse) {
  Floats squares = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    Floats v = load(x + i);
    squares += v * v;
  }
  if (i < width) {
    Floats v = load_part(x + i, width - i);
    squares += v * v;
  }
  float r = 1.0f / std::sqrt(sum_of(squares) / static_cast<float>(width) + epsilon);
  for (i = 0; i + kLanes <= width; i += kLanes) store(y + i, load(x + i) * r * load(weight + i));
  for (; i < width; ++i) y[i] = x[i] * r * weight[i];
  *inverse = r;
}

RETORT_INLINE void rms_row_backward(const float* x, const float* weight, float r, const float* dy,
                                    int64_t width, float* dx, float* dweight) {
  Floats products = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) products += load(dy + i) * load(weight + i) * load(x + i);
  float sum = sum_of(products);
  for (; i < width; ++i) sum += dy[i] * weight[i] * x[i];
  float back = sum * r * r * r / static_cast<float>(width);
  for (i = 0; i + kLanes <= width; i += kLanes) {
    Floats v = load(x + i), g = load(dy + i);
    store(dx + i, g * load(weight + i) * r - v * back);
    store(dweight + i, load(dweight + i) + g * v * r);
  }
  for (; i < width; ++i) {
    dx[i] = dy[i] * weight[i] * r - x[i] * back;
    dweight[i] += dy[i] * x[i] * r;
  }
}

}  // namespace

RETORT_CLONES void rms_norm_rows(const float* x, const float* weight, int64_t begin, int64_t end,
                                 int64_t width, float epsilon, float* y, float* inverse) {
  for (int64_t n = begin; n < end; ++n)
    rms_row(x + n * width, weight, width, epsilon, y + n * width, inverse + n);
}

RETORT_CLONES void rms_norm_rows_backward(const float* x, const float* weight, const float* inverse,
                                          const float* dy, int64_t begin, int64_t end, int64_t width,
                                          float* dx, float* dweight) {
  for (int64_t n = begin; n < end; ++n)
    rms_row_backward(x + n * width, weight, inverse[n], dy + n * width, width, dx + n * width, dweight);
}

RETORT_CLONES void swiglu_rows(const float* gate_up, int64_t begin, int64_t end, int64_t width, float* y) {
  for (int64_t n = begin; n < end; ++n) {
    const float *gate = gate_up + n * 2 * width, *up = gate + width;
    float* out = y + n * width;
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) store(out + i, silu_of(load(gate + i)).value * load(up + i));
    if (i < width) {
      int64_t left = width - i;
      store_part(out + i, silu_of(load_part(gate + i, left)).value * load_part(up + i, left), left);
    }
  }
}

RETORT_CLONES void swiglu_rows_backward(const float* gate_up, const float* dy, int64_t begin, int64_t end,
                                        int64_t width, float* dgate_up) {
  for (int64_t n = begin; n < end; ++n) {
    const float *gate = gate_up + n * 2 * width, *up = gate + width, *g = dy + n * width;
    float *dgate = dgate_up + n * 2 * width, *dup = dgate + width;
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
      Silu silu = silu_of(load(gate + i));
      store(dgate + i, load(g + i) * load(up + i) * silu.slope);
      store(dup + i, load(g + i) * silu.value);
    }
    if (i < width) {
      int64_t left = width - i;
      Silu silu = silu_of(load_part(gate + i, left));
      store_part(dgate + i, load_part(g + i, left) * load_part(up + i, left) * silu.slope, left);
      store_part(dup + i, load_part(g + i, left) * silu.value, left);
    }
  }
}

}  // namespace retort
