#include "nn/row_linear_kernel.h"

#include <algorithm>

#include "nn/bf16.h"

namespace retort {
namespace {

// Rows of x that stay in the second-level cache while the weights pass by.
constexpr int64_t kRowsTogether = 192;

// Which lanes of two vectors hold the lower halves of their sums, and from `offset` the upper halves.
template <int kHalf>
RETORT_INLINE Ints half_lanes(int offset) {
  Ints lanes = {};
  for (int i = 0; i < kLanes; ++i) lanes[i] = i / kHalf * 2 * kHalf + i % kHalf + offset;
  return lanes;
}

// Two vectors of partial sums become one: each sum's upper half is added to its lower half, as sum_of does.
template <int kHalf>
RETORT_INLINE Floats folded(const Floats& a, const Floats& b) {
  return __builtin_shuffle(a, b, half_lanes<kHalf>(0)) + __builtin_shuffle(a, b, half_lanes<kHalf>(kHalf));
}

// The sums of sixteen vectors, in one.
RETORT_INLINE Floats sums_of(const Floats (&x)[kLanes]) {
  Floats eights[8], fours[4], twos[2];
  RETORT_EACH(i, 8) { eights[i] = folded<8>(x[2 * i], x[2 * i + 1]); }
  RETORT_EACH(i, 4) { fours[i] = folded<4>(eights[2 * i], eights[2 * i + 1]); }
  RETORT_EACH(i, 2) { twos[i] = folded<2>(fours[2 * i], fours[2 * i + 1]); }
  return folded<1>(twos[0], twos[1]);
}

// Products of kRows rows of x with four rows of the weight, summed lane by lane along the row.
template <int kRows>
RETORT_INLINE void sum_lanes(const RowLinear& l, const float* x, const float* weight, Floats* sums) {
  int64_t i = 0;
  for (; i + kLanes <= l.in; i += kLanes) {
    Floats weights[4];
    RETORT_EACH(o, 4) { weights[o] = load(weight + o * l.in + i); }
    RETORT_EACH(r, kRows) {
      Floats columns = load(x + r * l.in + i);
      RETORT_EACH(o, 4) { sums[r * 4 + o] += columns * weights[o]; }
    }
  }
  if (i == l.in) return;
  RETORT_EACH(r, kRows) {
    RETORT_EACH(o, 4) {
      sums[r * 4 + o] += load_part(x + r * l.in + i, l.in - i) * load_part(weight + o * l.in + i, l.in - i);
    }
  }
}

// kRows rows of x with the weight's rows [out, out + 4). Each product is summed across its lanes in the same
// order, whatever the number of rows.
template <int kRows>
RETORT_INLINE void multiply_tile(const RowLinear& l, int64_t row, int64_t out) {
  Floats sums[kLanes] = {};
  sum_lanes<kRows>(l, l.x + row * l.in, l.weight + out * l.in, sums);
  Floats y = sums_of(sums);
  RETORT_EACH(r, kRows) {
    std::memcpy(l.y + (row + r) * l.out + out, reinterpret_cast<const float*>(&y) + 4 * r, 4 * sizeof(float));
  }
}

RETORT_INLINE void multiply_columns(const RowLinear& l, int64_t row, int64_t row_end, int64_t out) {
  for (; row + 4 <= row_end; row += 4) multiply_tile<4>(l, row, out);
  switch (row_end - row) {
    case 3:
      return multiply_tile<3>(l, row, out);
    case 2:
      return multiply_tile<2>(l, row, out);
    case 1:
      return multiply_tile<1>(l, row, out);
  }
}

// One row of the weight: what is left where four do not divide their number.
RETORT_INLINE void multiply_column(const RowLinear& l, int64_t row, int64_t row_end, int64_t out) {
  const float* weight = l.weight + out * l.in;
  for (; row < row_end; ++row) {
    const float* x = l.x + row * l.in;
    Floats sum = {};
    int64_t i = 0;
    for (; i + kLanes <= l.in; i += kLanes) sum += load(x + i) * load(weight + i);
    if (i < l.in) sum += load_part(x + i, l.in - i) * load_part(weight + i, l.in - i);
    l.y[row * l.out + out] = sum_of(sum);
  }
}

}  // namespace

RETORT_CLONES void multiply_rows(const RowLinear& l, int64_t begin, int64_t end) {
  for (int64_t row = 0; row < l.rows; row += kRowsTogether) {
    int64_t row_end = std::min(row + kRowsTogether, l.rows), out = begin;
    for (; out + 4 <= end; out += 4) multiply_columns(l, row, row_end, out);
    for (; out < end; ++out) multiply_column(l, row, row_end, out);
  }
}

}  // namespace retort
