// Batched sampling: token ids in, token ids out, no text. Continuous batching over fixed KV slots; each
// prompt has its own random stream and in fp32 a row's arithmetic does not depend on its neighbours, so the
// company in a batch changes no bit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "generate/choose.h"
#include "model/decoder.h"

namespace retort {

enum class LogProbabilities { None, Chosen };
enum class EndToken { Ends, Ignored };  // Ignored: a token like any other, for measuring

struct SamplingOptions {
  double temperature = 0.0;         // 0: greedy
  int64_t top_k = 0;                // 0: off
  double top_p = 1.0;               // 1: off
  double min_p = 0.0;               // 0: off; choose.h
  double repetition_penalty = 1.0;  // 1: off; over the prompt and what was answered; choose.h
  int64_t tokens_max = 64;          // new tokens a sample at most
  int64_t slots = 128;              // samples decoded at once
  uint64_t seed = 0;
  int64_t samples = 1;  // of each prompt, which is read once for all of them
  // Token sequences that end a sample and are left out of it.
  std::vector<std::vector<int32_t>> stop_sequences;
  // Ends a sample that it says true of, after each token: for stops that only the text shows. Arguments: the
  // sample's index in the result, its tokens so far. Called from several threads, never for one sample at
  // once.
  std::function<bool(size_t, std::span<const int32_t>)> stop_test;
  EndToken end_token = EndToken::Ends;
  LogProbabilities log_probabilities = LogProbabilities::None;
  int64_t likeliest = 0;  // with log-probabilities: how many of the likeliest tokens to tell at each place
};

struct SampleRequest {
  std::vector<int32_t> prompt;
  uint64_t stream = 0;  // names the random stream (seed, stream)
};
struct Sample {
  std::vector<int32_t> tokens;  // without the end token or the stop sequence
  bool ended = false;           // the end token or a stop came; false: cut at tokens_max or at the context
  bool finished = false;        // no more tokens come
  // When asked for, one a token: nats, of the model's own distribution (temperature 1, no penalty, no limit).
  std::vector<float> log_probabilities;
  std::vector<std::vector<LikelyToken>> likeliest;
};

// `options.samples` samples a request, in the order of the requests; the first of each is the one that a
// request for one sample gets. A prompt that leaves no room in the context gives an empty sample that has not
// ended. `progress` is called now and then, on the caller's thread, with the number of finished samples.
std::vector<Sample> sample(const Decoder& decoder, std::span<const SampleRequest> requests, int32_t end_token,
                           const SamplingOptions& options, const std::function<void(size_t)>& progress = {});

}  // namespace retort
