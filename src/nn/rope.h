// Rotary position embedding (Su et al., arXiv 2104.09864) in the layout of Hugging Face's LLaMA: the first
// half of a head pairs with the second half.
#pragma once

#include "nn/torch.h"

namespace retort {

// Cosines and sines of a batch's positions: made once a forward pass, used by every layer.
struct RopeTable {
  torch::Tensor cos_BTE, sin_BTE;  // fp32, E = half the head's width
};
RopeTable rope_table(const torch::Tensor& positions_BT, int64_t head_width, double base);

// Rotates x (B, T, heads, head width) by its positions; differentiable in x.
torch::Tensor rotate(const torch::Tensor& x_BTHE, const RopeTable& table);

}  // namespace retort
