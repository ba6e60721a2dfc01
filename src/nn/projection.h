// A linear layer: weight, optional bias, and the place where a low-rank adapter hangs. Every matrix of a
// decoder but the embedding is one of these, and all of them are applied here and nowhere else.
#pragma once

#include <vector>

#include "nn/int8_linear.h"
#include "nn/torch.h"

namespace retort {

struct Projection {
  torch::Tensor weight;  // (out, in)
  torch::Tensor bias;    // (out); undefined: none
  torch::Tensor packed;  // the weight once more, for decoding (packed_weight.h); undefined: not packed
  Int8Weight int8;       // for decoding, and then there need be no other; undefined: none
  // LoRA (Hu et al., arXiv 2106.09685): x down^T up^T * scale is added to what the weight gives. Both
  // undefined: none.
  torch::Tensor adapter_down, adapter_up;  // (rank, in), (out, rank)
  double adapter_scale = 1.0;              // alpha / rank
};

// How several projections of one input become one tensor, side by side in the last dimension. Training joins
// the weights: one large product each way, and the copy is small beside many tokens. Decoding joins the
// outputs: with few tokens, copying the weights would cost as much as reading them; and there, in fp32 on the
// CPU, a row's product does not depend on the other rows (row_linear.h).
enum class Join { Weights, Outputs };
// x (..., in) gives (..., out); differentiable in x and in every tensor of the projection.
torch::Tensor project(const torch::Tensor& x, const Projection& projection, Join join = Join::Weights);
// Either all of them have a bias, or none.
torch::Tensor project_joined(const torch::Tensor& x, const std::vector<const Projection*>& parts, Join join);

}  // namespace retort
