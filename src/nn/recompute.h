// Activation checkpointing (Chen et al., arXiv 1604.06174): what a part of a network keeps for its backward
// pass is dropped and made again on the way back. One more forward pass, for the memory of one part instead
// of all.
#pragma once

#include <functional>

#include "nn/torch.h"

namespace retort {

// part(x), of which x alone is kept. On the way back the part runs again and its weights get their gradients,
// the same bits as without. What the part refers to must outlive the backward pass. Without gradient mode
// just part(x).
torch::Tensor recomputed(const torch::Tensor& x, std::function<torch::Tensor(const torch::Tensor&)> part);

}  // namespace retort
