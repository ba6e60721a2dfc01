#include "nn/row_kernels.h"

#include <algorithm>
#include <cmath>

#include "nn/bf16.h"

namespace retort {
namespace {

struct Silu {
  Floats value, slope;  // silu(x) and its derivative
};
RETORT_INLINE Silu silu_of(const Floats& x) {
  Floats s = sigmoid_of(x);
  return {x * s, s + x * s * (1.0f - s)};
}

// sum = x + added; returns the sum of its squares, as it was rounded.
template <class T>
RETORT_INLINE float add_and_square(const T* x, const T* added, int64_t width, T* sum) {
  Floats squares = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    store(sum + i, load(x + i) + load(added + i));
    Floats v = load(sum + i);
    squares += v * v;
  }
  if (i < width) {
    store_part(sum + i, load_part(x + i, width - i) + load_part(added + i, width - i), width - i);
    Floats v = load_part(sum + i, width - i);
    squares += v * v;
  }
  return sum_of(squares);
}

template <class T>
RETORT_INLINE float squares_of(const T* x, int64_t width) {
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
template <class T>
RETORT_INLINE void norm_row_backward(const T* x, const T* weight, float r, const T* dy, const T* dsum,
                                     int64_t width, T* dx, float* dweight) {
  Floats products = {};
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) products += load(dy + i) * load(weight + i) * load(x + i);
  float total = sum_of(products);
  for (; i < width; ++i) total += value_of(dy[i]) * value_of(weight[i]) * value_of(x[i]);
  float back = total * r * r * r / static_cast<float>(width);
  for (i = 0; i + kLanes <= width; i += kLanes) {
    Floats v = load(x + i), g = load(dy + i);
    Floats d = g * load(weight + i) * r - v * back;
    store(dx + i, dsum == nullptr ? d : d + load(dsum + i));
    store(dweight + i, load(dweight + i) + g * v * r);
  }
  for (; i < width; ++i) {
    float d = value_of(dy[i]) * value_of(weight[i]) * r - value_of(x[i]) * back;
    set_value(dx[i], d + (dsum == nullptr ? 0 : value_of(dsum[i])));
    dweight[i] += value_of(dy[i]) * value_of(x[i]) * r;
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

template <class T>
RETORT_INLINE void norm_rows(const NormRows<T>& rows, const T* added, int64_t begin, int64_t end,
                             float epsilon, T* sum, T* y, float* inverse) {
  int64_t width = rows.width;
  for (int64_t n = begin; n < end; ++n) {
    const T* x = rows.x + n * width;
    float squares = added == nullptr ? squares_of(x, width)
                                     : add_and_square(x, added + n * width, width, sum + n * width);
    if (added != nullptr) x = sum + n * width;
    float r = 1.0f / std::sqrt(squares / static_cast<float>(width) + epsilon);
    T* to = y + n * width;
    int64_t i = 0;
    for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
      const Pair in = load_pair(x + i), weight = load_pair(rows.weight + i);
      store_pair(to + i, {in.first * r * weight.first, in.second * r * weight.second});
    }
    for (; i < width; ++i) set_value(to[i], value_of(x[i]) * r * value_of(rows.weight[i]));
    inverse[n] = r;
  }
}

template <class T>
RETORT_INLINE void norm_rows_backward(const NormRows<T>& rows, const float* inverse, const T* dy,
                                      const T* dsum, int64_t begin, int64_t end, T* dx, float* dweight) {
  for (int64_t n = begin; n < end; ++n) {
    int64_t at = n * rows.width;
    norm_row_backward(rows.x + at, rows.weight, inverse[n], dy + at, dsum == nullptr ? nullptr : dsum + at,
                      rows.width, dx + at, dweight);
  }
}

template <class T>
RETORT_INLINE void gate_rows(const T* gate_up, int64_t begin, int64_t end, int64_t width, T* y) {
  for (int64_t n = begin; n < end; ++n) {
    const T *gate = gate_up + n * 2 * width, *up = gate + width;
    T* out = y + n * width;
    int64_t i = 0;
    for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
      const Pair gates = load_pair(gate + i), ups = load_pair(up + i);
      store_pair(out + i, {silu_of(gates.first).value * ups.first, silu_of(gates.second).value * ups.second});
    }
    for (; i < width; i += kLanes) {
      int64_t left = std::min(kLanes, width - i);
      store_part(out + i, silu_of(load_part(gate + i, left)).value * load_part(up + i, left), left);
    }
  }
}

template <class T>
RETORT_INLINE void gate_rows_backward(const T* gate_up, const T* dy, int64_t begin, int64_t end,
                                      int64_t width, T* dgate_up) {
  for (int64_t n = begin; n < end; ++n) {
    const T *gate = gate_up + n * 2 * width, *up = gate + width, *g = dy + n * width;
    T *dgate = dgate_up + n * 2 * width, *dup = dgate + width;
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

// Sixteen numbers of a row at once, or what is left of them, from memory of one type to another.
template <class From, class To>
RETORT_INLINE void scale_row(const From* from, float factor, int64_t width, To* to) {
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) store(to + i, load(from + i) * factor);
  if (i < width) store_part(to + i, load_part(from + i, width - i) * factor, width - i);
}

// The softmax is made in `wide`, which stays in the processor's cache.
template <class T>
RETORT_INLINE void entropy_rows(T* logits, const int64_t* targets, const float* weights, int64_t begin,
                                int64_t end, int64_t width, float* wide, float* loss) {
  for (int64_t n = begin; n < end; ++n) {
    T* row = logits + n * width;
    float weight = weights == nullptr ? 1 : weights[n];
    scale_row(row, 1.0f, width, wide);
    float shift = largest_of(wide, width), at_target = wide[targets[n]];
    float sum = exp_row(wide, width, shift);
    loss[n] = (shift + std::log(sum) - at_target) * weight;
    wide[targets[n]] -= sum;
    scale_row(wide, weight / sum, width, row);
  }
}

}  // namespace

// Each kernel for both types.
#define RETORT_ROW_KERNELS(T)                                                                           \
  RETORT_CLONES void rms_norm_rows(const NormRows<T>& rows, const T* added, int64_t begin, int64_t end, \
                                   float epsilon, T* sum, T* y, float* inverse) {                       \
    norm_rows(rows, added, begin, end, epsilon, sum, y, inverse);                                       \
  }                                                                                                     \
  RETORT_CLONES void rms_norm_rows_backward(const NormRows<T>& rows, const float* inverse, const T* dy, \
                                            const T* dsum, int64_t begin, int64_t end, T* dx,           \
                                            float* dweight) {                                           \
    norm_rows_backward(rows, inverse, dy, dsum, begin, end, dx, dweight);                               \
  }                                                                                                     \
  RETORT_CLONES void swiglu_rows(const T* gate_up, int64_t begin, int64_t end, int64_t width, T* y) {   \
    gate_rows(gate_up, begin, end, width, y);                                                           \
  }                                                                                                     \
  RETORT_CLONES void swiglu_rows_backward(const T* gate_up, const T* dy, int64_t begin, int64_t end,    \
                                          int64_t width, T* dgate_up) {                                 \
    gate_rows_backward(gate_up, dy, begin, end, width, dgate_up);                                       \
  }                                                                                                     \
  RETORT_CLONES void cross_entropy_rows(T* logits, const int64_t* targets, const float* weights,        \
                                        int64_t begin, int64_t end, int64_t width, float* wide,         \
                                        float* loss) {                                                  \
    entropy_rows(logits, targets, weights, begin, end, width, wide, loss);                              \
  }
RETORT_ROW_KERNELS(float)
RETORT_ROW_KERNELS(Bf16)
#undef RETORT_ROW_KERNELS

}  // namespace retort
