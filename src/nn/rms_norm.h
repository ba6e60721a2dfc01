// RMSNorm (Zhang and Sennrich, arXiv 1910.07467) as LLaMA uses it: x / sqrt(mean(x²) + epsilon) * weight, the
// statistics in fp32 whatever the type of x.
#pragma once

#include "nn/torch.h"

namespace retort {

// x (..., D), weight (D) of the same type; differentiable in both.
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight_D, double epsilon);

}  // namespace retort
