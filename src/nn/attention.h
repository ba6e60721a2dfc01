// Scaled dot-product attention with a mask, query heads sharing key/value heads in groups.
#pragma once

#include "nn/torch.h"

namespace retort {

// (B, 1, T, T) bool, true where a token may look: its own document, no later token. Padding (document -1)
// sees padding, so that no row is empty.
torch::Tensor document_mask(const torch::Tensor& documents_BT);

// q (B, T, H, E), k and v (B, S, K, E) with K dividing H, mask (B, 1, T, S) bool; gives (B, T, H*E).
torch::Tensor attend(const torch::Tensor& q_BTHE, const torch::Tensor& k_BSKE, const torch::Tensor& v_BSKE,
                     const torch::Tensor& mask_B1TS);

}  // namespace retort
