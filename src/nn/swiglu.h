// The gate of LLaMA's feed-forward layer (Shazeer, arXiv 2002.05202): silu(gate) * up.
#pragma once

#include "nn/torch.h"

namespace retort {

// Same shapes; differentiable in both.
torch::Tensor swiglu(const torch::Tensor& gate, const torch::Tensor& up);

}  // namespace retort
