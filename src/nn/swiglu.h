// The gated feed-forward layers (Shazeer, arXiv 2002.05202): LLaMA's silu(gate) * up, Gemma's gelu(gate) *
// up.
#pragma once

#include "nn/torch.h"

namespace retort {

// gate_up (..., 2F): the gate, then up; gives (..., F). Differentiable.
torch::Tensor swiglu(const torch::Tensor& gate_up);
// The same with GELU in its tanh form.
torch::Tensor geglu(const torch::Tensor& gate_up);

}  // namespace retort
