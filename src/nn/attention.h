// Causal attention within the documents of a packed batch, rotary positions included, query heads sharing
// key/value heads in groups.
#pragma once

#include "nn/rope.h"
#include "nn/torch.h"

namespace retort {

// What a layer's attention must know of its batch; made once a forward pass, used by every layer. Tensors are
// made for the device and type that `map_documents` was asked for.
struct DocumentMap {
  RopeTable rope;
  torch::Tensor mask_B1TT;  // bool, true where a token may look; only where no kernel of ours runs
  torch::Tensor spans_S2;   // int64: first token and end of each document, over the flattened batch; only
                            // where our kernel runs
};
// positions and documents (B, T); document -1 is padding; a document's tokens are consecutive in its row.
DocumentMap map_documents(const torch::Tensor& positions_BT, const torch::Tensor& documents_BT,
                          int64_t head_width, double rope_base, torch::ScalarType dtype);

// fused (B, T, (H + 2K) * E): queries, then keys, then values, not yet rotated; H a multiple of K. Gives
// (B, T, H * E), zeros for padding; differentiable in fused.
torch::Tensor attend_documents(const torch::Tensor& fused_BTC, int64_t heads, int64_t kv_heads,
                               int64_t head_width, const DocumentMap& documents);

// Plain masked attention: q (B, T, H, E), k and v (B, S, K, E), mask (B, 1, T, S) bool; gives (B, T, H*E).
torch::Tensor attend(const torch::Tensor& q_BTHE, const torch::Tensor& k_BSKE, const torch::Tensor& v_BSKE,
                     const torch::Tensor& mask_B1TS);

}  // namespace retort
