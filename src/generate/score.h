// What a model says of given text: the log-probability of every response token. From these come the loss of
// an answer, and how much its instruction helps (IFD, Li et al., arXiv 2308.12032).
#pragma once

#include <span>
#include <vector>

#include "data/example.h"
#include "model/decoder.h"

namespace retort {

struct ScoreOptions {
  int64_t tokens_per_pass = 4'096;        // of one forward pass; at least one sequence
  int64_t logits_max = int64_t{1} << 23;  // in memory at once; at least one token's
};

// For each sequence the log-probabilities (nats) of its tokens from response_begin on, each given all tokens
// before it. The first token of a sequence has nothing before it and is passed over. No weights change.
std::vector<std::vector<float>> score_responses(const Decoder& decoder,
                                                std::span<const TokenSequence> sequences,
                                                const ScoreOptions& options = {});

// Mean negative log-likelihood, nats a token. Requires at least one.
double mean_nll(std::span<const float> log_probabilities);

// Losses of a response after its prompt and alone, means over its tokens but the first, which alone has
// nothing before it; nats. Instruction-following difficulty is after_prompt / alone in the paper, and the
// ratio of their exponentials in its authors' later code; at 1 and above the prompt does not help.
struct ResponseLoss {
  double after_prompt = 0, alone = 0;
  int64_t tokens = 0;
};
// `prompts` and `responses` are token ids, a pair an example; each response has at least two.
std::vector<ResponseLoss> response_losses(const Decoder& decoder,
                                          std::span<const std::vector<int32_t>> prompts,
                                          std::span<const std::vector<int32_t>> responses,
                                          const ScoreOptions& options = {});

}  // namespace retort
