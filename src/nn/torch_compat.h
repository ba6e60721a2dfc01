// All that is not promised to stay the same between libtorch 2.11 and 2.13: the operators with an underscore,
// and the allocators' figures.
#pragma once

#include <vector>

#include "nn/torch.h"

namespace retort {

struct AdamwNumbers {
  double learning_rate = 0, beta1 = 0, beta2 = 0, weight_decay = 0, epsilon = 0;
};

// One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) over all weights at once, in place; `step`
// counts from 1. All of one type and device.
void fused_adamw(std::vector<torch::Tensor>& weights, const std::vector<torch::Tensor>& gradients,
                 std::vector<torch::Tensor>& first_moments, std::vector<torch::Tensor>& second_moments,
                 int64_t step, const AdamwNumbers& numbers);

// oneDNN's own layout of a linear layer's weight (out, in), and the product with it. Both throw c10::Error
// where this libtorch or the processor has them not.
torch::Tensor onednn_weight(const torch::Tensor& weight);
torch::Tensor onednn_linear(const torch::Tensor& x, const torch::Tensor& packed, const torch::Tensor& bias);

// The most that tensors took at once on a GPU since the process began.
int64_t peak_tensor_bytes(torch::Device device);

}  // namespace retort
