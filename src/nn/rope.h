// Rotary position embedding (Su et al., arXiv 2104.09864) in the layout of Hugging Face's LLaMA: the first
// half of what is rotated of a head pairs with the second half. With the ways in use of stretching it over a
// longer context than a model was made for.
#pragma once

#include "nn/rope_scaling.h"
#include "nn/torch.h"

namespace retort {

// Cosines and sines of a batch's positions: made once a forward pass, used by every layer.
struct RopeTable {
  torch::Tensor cos_BTE, sin_BTE;  // fp32, E = half of what is rotated; undefined: nothing is rotated
};
// `lengths_BT`: tokens of the sequence that each position belongs to. Only LongRope looks at it, which has
// other frequencies for a sequence longer than the original context; undefined otherwise.
RopeTable rope_table(const torch::Tensor& positions_BT, const torch::Tensor& lengths_BT, const Rope& rope);
// The plain form.
RopeTable rope_table(const torch::Tensor& positions_BT, int64_t head_width, double base);

// Rotates x (B, T, heads, head width) by its positions; differentiable in x.
torch::Tensor rotate(const torch::Tensor& x_BTHE, const RopeTable& table);

}  // namespace retort
