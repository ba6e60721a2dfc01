// Softmax and cross-entropy of rows of logits, in place: the loss and its gradient in one go.
#pragma once

#include "nn/torch.h"

namespace retort {

// logits (N, V) fp32 become softmax minus one at the target (N), which is the gradient of the summed loss;
// the losses (N) are returned, in nats. No autograd.
torch::Tensor cross_entropy_in_place(torch::Tensor& logits_NV, const torch::Tensor& targets_N);

}  // namespace retort
