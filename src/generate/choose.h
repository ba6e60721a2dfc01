// The next token from a row of logits: greedy, or drawn at a temperature from the likeliest tokens.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace retort {

struct ChoiceOptions {
  double temperature = 0.0;  // 0: greedy
  int64_t top_k = 0;         // 0: off
  double top_p = 1.0;        // 1: off
};

// Draws with one number of `random`, so that the n-th token of a stream always takes its n-th number. The
// order is that of `transformers`: temperature, then the k likeliest (and what equals the k-th), then the
// fewest whose share reaches p. The probabilities are summed in double. Requires temperature > 0.
int32_t draw_token(std::span<const float> logits_V, const ChoiceOptions& options, Random& random);

}  // namespace retort
