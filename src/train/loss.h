// The loss: cross-entropy of the response tokens, in nats. The head runs on the rows that predict one and on
// no other, in chunks, so that the logits of a large vocabulary are never whole in memory.
#pragma once

#include "train/packing.h"

namespace retort {

// Sum over rows of -log softmax(hidden @ head^T)[target], a scalar; differentiable in hidden (R, D) and head
// (V, D). Gradients are made on the way forward and kept at the size of hidden and head. At most `logits_max`
// logits (at least one row of them) are in memory at once. A softcap above 0 is DecoderConfig::final_softcap.
torch::Tensor cross_entropy_sum(const torch::Tensor& hidden_RD, const torch::Tensor& head_VD,
                                const torch::Tensor& targets_R, int64_t logits_max = int64_t{1} << 23,
                                double softcap = 0);

// Forward pass and loss of a batch, summed over its response tokens.
torch::Tensor response_loss_sum(const Decoder& decoder, const TrainBatch& batch);

}  // namespace retort
