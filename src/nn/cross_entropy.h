// Softmax and cross-entropy of rows of logits, in place: the loss and its gradient in one go.
#pragma once

#include "nn/torch.h"

namespace retort {

// logits (N, V), fp32 or bf16, become softmax minus one at the target (N), times the row's weight (N, fp32;
// undefined: 1), which is the gradient of the weighted sum of losses; the weighted losses (N) are returned in
// fp32, nats. No autograd.
torch::Tensor cross_entropy_in_place(torch::Tensor& logits_NV, const torch::Tensor& targets_N,
                                     const torch::Tensor& weights_N = {});

}  // namespace retort
