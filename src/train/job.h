// The name of a training job: what a checkpoint must agree with to be gone on from.
#pragma once

#include <span>
#include <string>

#include "train/trainer.h"

namespace retort {

// SHA-256 over all that decides the outcome: options, data, and the weights that training starts from. How
// often checkpoints are written is left out, since it changes no weight.
std::string job_name(Decoder& decoder, std::span<const TokenSequence> data, const TrainOptions& options);

}  // namespace retort
