// The arithmetic of row_linear.h. Raw pointers; no torch here.
#pragma once

#include <cstdint>

namespace retort {

struct RowLinear {
  const float *x, *weight;  // (rows, in), (out, in)
  float* y;                 // (rows, out)
  int64_t rows = 0, in = 0, out = 0;
};
// Columns [begin, end) of y.
void multiply_rows(const RowLinear& linear, int64_t begin, int64_t end);

}  // namespace retort
