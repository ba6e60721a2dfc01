// A bf16 weight of a linear layer in the order in which the processor's library multiplies it with few rows.
// As it lies, the library brings it into that order anew for every product, which with one to sixteen rows
// takes as long as the product.
#pragma once

#include "nn/torch.h"

namespace retort {

// The weight (out, in), packed: for packed_linear alone. Undefined where it is not bf16 on the CPU, or where
// the processor or this libtorch has no such product; then the plain one is to be used.
torch::Tensor pack_weight(const torch::Tensor& weight);
// x (..., in), bf16, times the packed weight, transposed, plus the bias (out) where there is one: (..., out).
// No autograd.
torch::Tensor packed_linear(const torch::Tensor& x, const torch::Tensor& packed,
                            const torch::Tensor& bias = {});

}  // namespace retort
