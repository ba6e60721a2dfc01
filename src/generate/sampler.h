// Batched sampling: token ids in, token ids out, no text. Continuous batching over fixed KV slots; each
// prompt has its own random stream, so in fp32 the company in a batch changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/decoder.h"

namespace retort {

struct SamplingOptions {
  double temperature = 0.0;  // 0: greedy
  int64_t top_k = 0;         // 0: off
  double top_p = 1.0;        // 1: off
  int64_t tokens_max = 64;   // new tokens a prompt at most
  int64_t slots = 128;       // prompts decoded at once
  uint64_t seed = 0;
};

struct SampleRequest {
  std::vector<int32_t> prompt;
  uint64_t stream = 0;  // names the random stream (seed, stream)
};
struct Sample {
  std::vector<int32_t> tokens;  // without the end token
  bool ended = false;           // the end token came; false: cut at tokens_max or at the context
};

// One sample a request, in order. A prompt that leaves no room in the context gives an empty sample that has
// not ended. `progress` is called now and then, on the caller's thread, with the number of finished requests.
std::vector<Sample> sample(const Decoder& decoder, std::span<const SampleRequest> requests, int32_t end_token,
                           const SamplingOptions& options, const std::function<void(size_t)>& progress = {});

}  // namespace retort
