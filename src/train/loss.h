// The loss: cross-entropy of the response tokens, in nats. The head runs on the rows that predict one and on
// no other, in chunks, so that the logits of a large vocabulary are never whole in memory.
#pragma once

#include "train/packing.h"

namespace retort {

// Logits in memory at once: 64 MB of them in bf16. The head's gradient is read and written once for each such
// part, so it should not be small.
constexpr int64_t kLogitsMax = int64_t{1} << 25;

struct LossOptions {
  torch::Tensor weights_R;          // fp32, of each row's loss; undefined: all 1
  double scale = 1;                 // of the sum
  int64_t logits_max = kLogitsMax;  // at least one row of them
  double softcap = 0;               // DecoderConfig::final_softcap; 0: off
};
// Sum over rows of -log softmax(hidden @ head^T)[target], weighted and scaled, a scalar in fp32;
// differentiable in hidden (R, D) and head (V, D), both fp32 or both bf16. Gradients are made on the way
// forward, of what asks for them, and kept at the size of hidden and head.
torch::Tensor cross_entropy_sum(const torch::Tensor& hidden_RD, const torch::Tensor& head_VD,
                                const torch::Tensor& targets_R, const LossOptions& options = {});

// Forward pass and loss of a batch: the weighted sum over its response tokens, times `scale`.
torch::Tensor response_loss_sum(const Decoder& decoder, const TrainBatch& batch, double scale = 1,
                                Recompute recompute = Recompute::Nothing);

}  // namespace retort
