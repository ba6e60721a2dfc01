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

// sum = x + added; returns the sum of its squares.
RETORT_INLINE float add_and_square(const float* x, const float* added, int64_t width, float* sum) {
  Floats squares = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    Floats v = load(x + i) + load(added + i);
    store(sum + i, v);
    squares += v * v;
  }
  if (i < width) {
    Floats v = load_part(x + i, width - i) + load_part(added + i, width - i);
    store_part(sum + i, v, width - i);
    squares += v * v;
  }
  return sum_of(squares);
}

RETORT_INLINE float squares_of(const float* x, int64_t width) {
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
  return sum_of(squares);
}

// dx = r (w dy) - x (r^3 / D) sum(w dy x) + dsum
RETORT_INLINE void norm_row_backward(const float* x, const float* weight, float r, const float* dy,
                                     const float* dsum, int64_t width, float* dx, float* dweight) {
  Floats products = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) products += load(dy + i) * load(weight + i) * load(x + i);
  float total = sum_of(products);
  for (; i < width; ++i) total += dy[i] * weight[i] * x[i];
  float back = total * r * r * r / static_cast<float>(width);
  for (i = 0; i + kLanes <= width; i += kLanes) {
    Floats v = load(x + i), g = load(dy + i);
    Floats d = g * load(weight + i) * r - v * back;
    store(dx + i, dsum == nullptr ? d : d + load(dsum + i));
    store(dweight + i, load(dweight + i) + g * v * r);
  }
  for (; i < width; ++i) {
    dx[i] = dy[i] * weight[i] * r - x[i] * back + (dsum == nullptr ? 0 : dsum[i]);
    dweight[i] += dy[i] * x[i] * r;
  }
}

// e^(x - shift) in place of each of a row's numbers; returns their sum.
RETORT_INLINE float exp_row(float* x, int64_t width, float shift) {
  Floats sums = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    Floats e = exp_of(load(x + i) - shift);
    store(x + i, e);
    sums += e;
  }
  float sum = sum_of(sums);
  if (i < width) {
    Floats e = exp_of(load_part(x + i, width - i) - shift);
    store_part(x + i, e, width - i);
    for (int64_t j = i; j < width; ++j) sum += x[j];
  }
  return sum;
}

RETORT_INLINE float largest_of(const float* x, int64_t width) {
  Floats most = all(x[0]);
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    Floats v = load(x + i);
    most = v > most ? v : most;
  }
  float largest = max_of(most);
  for (; i < width; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

}  // namespace

RETORT_CLONES void rms_norm_rows(const NormRows& rows, const float* added, int64_t begin, int64_t end,
                                 float epsilon, float* sum, float* y, float* inverse) {
  int64_t width = rows.width;
  for (int64_t n = begin; n < end; ++n) {
    const float* x = rows.x + n * width;
    float squares = added == nullptr ? squares_of(x, width)
                                     : add_and_square(x, added + n * width, width, sum + n * width);
    if (added != nullptr) x = sum + n * width;
    float r = 1.0f / std::sqrt(squares / static_cast<float>(width) + epsilon);
    float* to = y + n * width;
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) store(to + i, load(x + i) * r * load(rows.weight + i));
    for (; i < width; ++i) to[i] = x[i] * r * rows.weight[i];
    inverse[n] = r;
  }
}

RETORT_CLONES void rms_norm_rows_backward(const NormRows& rows, const float* inverse, const float* dy,
                                          const float* dsum, int64_t begin, int64_t end, float* dx,
                                          float* dweight) {
  for (int64_t n = begin; n < end; ++n) {
    int64_t at = n * rows.width;
    norm_row_backward(rows.x + at, rows.weight, inverse[n], dy + at, dsum == nullptr ? nullptr : dsum + at,
                      rows.width, dx + at, dweight);
  }
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

RETORT_CLONES void cross_entropy_rows(float* logits, const int64_t* targets, int64_t begin, int64_t end,
                                      int64_t width, float* loss) {
  for (int64_t n = begin; n < end; ++n) {
    float *row = logits + n * width, shift = largest_of(row, width), at_target = row[targets[n]];
    float sum = exp_row(row, width, shift), share = 1.0f / sum;
    loss[n] = shift + std::log(sum) - at_target;
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) store(row + i, load(row + i) * share);
    for (; i < width; ++i) row[i] *= share;
    row[targets[n]] -= 1.0f;
  }
}

}  // namespace retort
