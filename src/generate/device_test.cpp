// Sampling and scoring on another device: a stand-in everywhere, and a GPU where there is one.
#include "base/random.h"
#include "base/test.h"
#include "generate/sampler.h"
#include "generate/score.h"
#include "generate/small_decoder.h"
#include "nn/stand_in_device.h"

using namespace retort;

namespace {

DecoderConfig windowed_config() {
  DecoderConfig config = small_config();
  config.norm_placement = NormPlacement::Both, config.norm_weight = NormWeight::OnePlus;
  config.attention_softcap = 5, config.final_softcap = 3, config.query_key_norm = QueryKeyNorm::PerHead;
  config.layer_kinds = {{.window = 5, .rope = LayerRope::Local}, {}};
  return config;
}

Decoder decoder_on(torch::Device device, const DecoderConfig& config) {
  Decoder decoder = small_decoder(config);
  move_to(device, decoder);
  return decoder;
}

std::vector<SampleRequest> requests() {
  std::vector<SampleRequest> out;
  for (size_t i = 0; i < 12; ++i) {
    Random random(5, "prompt", i);
    out.push_back({{}, i});
    for (uint64_t n = 1 + random.below(30); n > 0; --n)
      out.back().prompt.push_back(static_cast<int32_t>(random.below(97)));
  }
  return out;
}

TEST_CASE("another device answers with the same tokens, greedy and drawn, with log-probabilities") {
  SamplingOptions drawn{.temperature = 0.8, .top_k = 20, .top_p = 0.9, .repetition_penalty = 1.1};
  drawn.tokens_max = 16, drawn.slots = 5, drawn.samples = 2, drawn.seed = 4;
  drawn.log_probabilities = LogProbabilities::Chosen, drawn.likeliest = 3;
  for (const DecoderConfig& config : {small_config(), windowed_config()})
    for (const SamplingOptions& options : {SamplingOptions{.tokens_max = 16, .slots = 5}, drawn}) {
      const std::vector<Sample> here = sample(decoder_on(torch::kCPU, config), requests(), 1, options);
      for (torch::Device device : other_devices()) {
        INFO(device.str());
        const std::vector<Sample> there = sample(decoder_on(device, config), requests(), 1, options);
        REQUIRE(there.size() == here.size());
        for (size_t i = 0; i < here.size(); ++i) {
          CHECK(there[i].tokens == here[i].tokens);
          REQUIRE(there[i].log_probabilities.size() == here[i].log_probabilities.size());
          for (size_t t = 0; t < here[i].log_probabilities.size(); ++t)
            CHECK(there[i].log_probabilities[t] ==
                  doctest::Approx(here[i].log_probabilities[t]).epsilon(1e-4));
        }
      }
    }
}

TEST_CASE("another device scores responses alike") {
  std::vector<TokenSequence> sequences;
  for (const SampleRequest& request : requests())
    if (request.prompt.size() > 3) sequences.push_back({.tokens = request.prompt, .response_begin = 2});
  const auto here = score_responses(decoder_on(torch::kCPU, small_config()), sequences);
  for (torch::Device device : other_devices()) {
    INFO(device.str());
    const auto there = score_responses(decoder_on(device, small_config()), sequences);
    REQUIRE(there.size() == here.size());
    for (size_t i = 0; i < here.size(); ++i) {
      REQUIRE(there[i].size() == here[i].size());
      for (size_t t = 0; t < here[i].size(); ++t)
        CHECK(there[i][t] == doctest::Approx(here[i][t]).epsilon(1e-4));
    }
  }
}

}  // namespace
