// What a training run will hold in memory, told before it starts, and how a step is cut so that it fits.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/decoder.h"
#include "train/trainer.h"

namespace retort {

struct MemoryPlan {
  // Bytes. Activations are those of one pass; what comes and goes within a layer is counted once.
  int64_t weights = 0, gradients = 0, optimizer = 0, activations = 0, logits = 0;
  int64_t pass_rows = 1;  // rows of one forward and backward pass
  Recompute recompute = Recompute::Nothing;

  int64_t total() const { return weights + gradients + optimizer + activations + logits; }
  // "1.9 GB: weights 0.8, gradients 0.5, ..."
  std::string text() const;
};

// The plan with the largest pass of at most options.pass_tokens that fits in what the weights take already
// and `available_bytes` more. OutOfMemory when not even one row fits; the message says what to lower.
Result<MemoryPlan> plan_memory(Decoder& decoder, const TrainOptions& options, int64_t available_bytes);

}  // namespace retort
