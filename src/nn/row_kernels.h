// RMSNorm and SwiGLU over rows of fp32 on the CPU, forward and backward, each in one pass over memory. Raw
// pointers to contiguous rows; no torch here.
#pragma once

#include <cstdint>

namespace retort {

// Rows [begin, end) of x (N, D). y and inverse_N (1 over the root mean square) are written.
void rms_norm_rows(const float* x, const float* weight, int64_t begin, int64_t end, int64_t width,
                   float epsilon, float* y, float* inverse);
// Writes dx, adds these rows' part to dweight (D).
void rms_norm_rows_backward(const float* x, const float* weight, const float* inverse, const float* dy,
                            int64_t begin, int64_t end, int64_t width, float* dx, float* dweight);

// gate_up (N, 2F): each row a gate, then an up. y (N, F) = silu(gate) * up.
void swiglu_rows(const float* gate_up, int64_t begin, int64_t end, int64_t width, float* y);
// Writes dgate_up (N, 2F).
void swiglu_rows_backward(const float* gate_up, const float* dy, int64_t begin, int64_t end, int64_t width,
                          float* dgate_up);

}  // namespace retort
