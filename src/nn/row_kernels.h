// RMSNorm, SwiGLU and cross-entropy over rows of fp32 or bf16 on the CPU, each in as few passes over memory
// as it needs; sums and functions in fp32 whatever the type. Raw pointers to contiguous rows; no torch here.
#pragma once

#include <cstdint>

#include "nn/bf16.h"

namespace retort {

template <class T>
struct NormRows {
  const T *x, *weight;  // (N, D), (D)
  int64_t width = 0;    // D
};
// Rows [begin, end): x becomes sum = x + added (or stays, when added is null), y (N, D) its norm times
// weight, inverse (N) 1 over the root mean square.
void rms_norm_rows(const NormRows<float>& rows, const float* added, int64_t begin, int64_t end, float epsilon,
                   float* sum, float* y, float* inverse);
void rms_norm_rows(const NormRows<Bf16>& rows, const Bf16* added, int64_t begin, int64_t end, float epsilon,
                   Bf16* sum, Bf16* y, float* inverse);
// From the gradients of y and of the sum (null when there is none) writes dx, which is the gradient of x and
// of `added`, and adds these rows' part to dweight (D), in fp32. rows.x is the sum.
void rms_norm_rows_backward(const NormRows<float>& rows, const float* inverse, const float* dy,
                            const float* dsum, int64_t begin, int64_t end, float* dx, float* dweight);
void rms_norm_rows_backward(const NormRows<Bf16>& rows, const float* inverse, const Bf16* dy,
                            const Bf16* dsum, int64_t begin, int64_t end, Bf16* dx, float* dweight);

// gate_up (N, 2F): each row a gate, then an up. y (N, F) = silu(gate) * up.
void swiglu_rows(const float* gate_up, int64_t begin, int64_t end, int64_t width, float* y);
void swiglu_rows(const Bf16* gate_up, int64_t begin, int64_t end, int64_t width, Bf16* y);
// Writes dgate_up (N, 2F).
void swiglu_rows_backward(const float* gate_up, const float* dy, int64_t begin, int64_t end, int64_t width,
                          float* dgate_up);
void swiglu_rows_backward(const Bf16* gate_up, const Bf16* dy, int64_t begin, int64_t end, int64_t width,
                          Bf16* dgate_up);

// Rows [begin, end) of logits (N, V) become softmax minus one at the target, the gradient of the loss; loss
// (N) is -log softmax at the target. Both are multiplied by the row's weight; null: 1. `wide` (V): room for a
// row in fp32.
void cross_entropy_rows(float* logits, const int64_t* targets, const float* weights, int64_t begin,
                        int64_t end, int64_t width, float* wide, float* loss);
void cross_entropy_rows(Bf16* logits, const int64_t* targets, const float* weights, int64_t begin,
                        int64_t end, int64_t width, float* wide, float* loss);

}  // namespace retort
