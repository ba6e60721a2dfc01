// A linear layer whose every row is computed by itself, in fp32 on the CPU: what a row gives does not depend
// on how many others are beside it, bit for bit. (A library's product may sum in another order when a batch
// has another size, and then a sampled token may turn on its company.) Weights are read as they lie.
#pragma once

#include "nn/torch.h"

namespace retort {

// x (..., in) times weight (out, in), transposed: (..., out). No autograd.
torch::Tensor row_linear(const torch::Tensor& x, const torch::Tensor& weight);
// fp32 on the CPU and no gradients asked for.
bool has_row_linear(const torch::Tensor& x, const torch::Tensor& weight);

}  // namespace retort
