// The next token from a row of logits: greedy, or drawn at a temperature from the likeliest tokens; and what
// the row says of a token's probability.
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
  double min_p = 0.0;        // 0: off; else tokens less likely than this share of the likeliest are left out
};

// Draws with one number of `random`, so that the n-th token of a stream always takes its n-th number. The
// order is that of `transformers`: temperature, then the k likeliest (and what equals the k-th), then the
// fewest whose share reaches p, then min-p (Nguyen et al., arXiv 2407.01082). Requires temperature > 0 and no
// logit that is not a number.
int32_t draw_token(std::span<const float> logits_V, const ChoiceOptions& options, Random& random);
// The likeliest; of equals the smallest id.
int32_t likeliest_token(std::span<const float> logits_V);

// Repetition penalty (Keskar et al., arXiv 1909.05858, as `transformers` has it): logits of the tokens seen,
// each named once, are divided by the penalty where positive and multiplied where negative. 1: off.
void penalize_tokens(std::span<float> logits_V, std::span<const int32_t> seen, double penalty);

// log of the sum of e^logit, nats: a token's log-probability is its logit minus this.
double log_sum_exp(std::span<const float> logits_V);
struct LikelyToken {
  int32_t id = 0;
  float log_probability = 0;  // nats
};
// The `count` likeliest, the likeliest first; of equals the smaller id.
std::vector<LikelyToken> likeliest_tokens(std::span<const float> logits_V, int64_t count, double log_sum);

}  // namespace retort
