// RMSNorm (Zhang and Sennrich, arXiv 1910.07467) as LLaMA uses it: x / sqrt(mean(x²) + epsilon) * weight, the
// statistics in fp32 whatever the type of x.
#pragma once

#include "nn/torch.h"

namespace retort {

// x (..., D), weight (D); differentiable in both. A weight of x's type multiplies what was rounded to that
// type (LLaMA); an fp32 weight over a narrower x multiplies before the rounding (Gemma, OLMo 2).
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight_D, double epsilon);

// The residual stream's step: sum = x + added, and the norm of the sum, in one pass.
struct SumAndNorm {
  torch::Tensor sum, normed;
};
SumAndNorm add_rms_norm(const torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight_D,
                        double epsilon);

}  // namespace retort
