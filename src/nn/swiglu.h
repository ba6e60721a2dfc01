// The gate of LLaMA's feed-forward layer (Shazeer, arXiv 2002.05202): silu(gate) * up.
#pragma once

#include "nn/torch.h"

namespace retort {

// gate_up (..., 2F): the gate, then up; gives (..., F). Differentiable.
torch::Tensor swiglu(const torch::Tensor& gate_up);

}  // namespace retort
