// Causal attention within the documents of a packed batch, rotary positions included, query heads sharing
// key/value heads in groups.
#pragma once

#include <map>

#include "nn/rope.h"
#include "nn/torch.h"

namespace retort {

// What a layer's attention is, beside its weights.
struct AttentionOptions {
  int64_t heads = 0, kv_heads = 0, head_width = 0;  // heads a multiple of kv_heads
  double scale = 1;                                 // of the scores; 1/sqrt(head width) in most families
  double softcap = 0;                               // scores become softcap * tanh(score / softcap); 0: off
  int64_t window = 0;                               // a token sees itself and window - 1 before it; 0: all
};

// Who may see whom in a batch; made once a forward pass, used by every layer.
struct DocumentMap {
  torch::Tensor documents_BT;
  torch::Tensor spans_S2;  // int64: first token and end of each document, over the flattened batch; only
                           // where our kernel can run
  // bool (B, 1, T, T), true where a token may look; kept for the next layer with that window.
  const torch::Tensor& mask_of_window(int64_t window) const;

 private:
  mutable std::map<int64_t, torch::Tensor> masks_;
};
// documents (B, T); document -1 is padding; a document's tokens are consecutive in its row.
DocumentMap map_documents(const torch::Tensor& documents_BT, torch::ScalarType dtype);
// Tokens of the document that each token belongs to, (B, T).
torch::Tensor document_lengths(const torch::Tensor& documents_BT);

// fused (B, T, (H + 2K) * E): queries, then keys, then values, not yet rotated. Gives (B, T, H * E), zeros
// for padding where our kernel runs; differentiable in fused.
torch::Tensor attend_documents(const torch::Tensor& fused_BTC, const AttentionOptions& options,
                               const RopeTable& rope, const DocumentMap& documents);

// Plain masked attention: q (B, T, H, E), k and v (B, S, K, E), mask (B, 1, T, S) bool; gives (B, T, H*E).
// The options' window is the mask's business.
torch::Tensor attend(const torch::Tensor& q_BTHE, const torch::Tensor& k_BSKE, const torch::Tensor& v_BSKE,
                     const torch::Tensor& mask_B1TS, const AttentionOptions& options);

}  // namespace retort
