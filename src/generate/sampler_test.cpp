#include "generate/sampler.h"

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

Decoder small_decoder() {
  torch::set_num_threads(1);  // so small a model only waits for a second one
  DecoderConfig config{.vocabulary = 97,
                       .width = 32,
                       .layers = 2,
                       .heads = 4,
                       .kv_heads = 2,
                       .head_width = 8,
                       .feed_forward = 64,
                       .rope_base = 300,
                       .tied = true,
                       .context = 48};
  Decoder decoder = make_decoder(config, 3);
  // Fresh weights say the same whatever is asked; larger ones tell prompts apart.
  for (auto& [name, weight] : named_weights(decoder))
    if (weight->dim() == 2) weight->mul_(8);
  return decoder;
}

std::vector<SampleRequest> make_requests(size_t count) {
  std::vector<SampleRequest> requests;
  for (size_t i = 0; i < count; ++i) {
    Random random(5, "prompt", i);
    SampleRequest request{{}, 1000 + i};
    for (uint64_t n = 1 + random.below(30); n > 0; --n)
      request.prompt.push_back(static_cast<int32_t>(random.below(97)));
    requests.push_back(request);
  }
  return requests;
}

using Tokens = std::vector<int32_t>;

// Greedy without a cache or a batch: the whole sequence anew for each token.
Tokens plain_greedy(const Decoder& decoder, Tokens tokens, int32_t end_token, size_t tokens_max) {
  torch::NoGradGuard no_grad;
  Tokens out;
  while (out.size() < tokens_max && static_cast<int64_t>(tokens.size()) < decoder.config.context) {
    torch::Tensor tokens_BT = torch::tensor(tokens).to(torch::kInt64).unsqueeze(0);
    PackedBatch batch{tokens_BT, torch::arange(tokens_BT.size(1)).unsqueeze(0), torch::zeros_like(tokens_BT)};
    torch::Tensor last_D = hidden_states(decoder, batch)[0][-1];
    int32_t next = static_cast<int32_t>(torch::mv(decoder.head_VD, last_D).argmax().item<int64_t>());
    if (next == end_token) break;
    out.push_back(next);
    tokens.push_back(next);
  }
  return out;
}

TEST_CASE("greedy samples are those of the plain forward pass") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(40);
  std::vector<Sample> samples = sample(decoder, requests, 7, {.tokens_max = 12, .slots = 8});
  for (size_t i = 0; i < requests.size(); ++i)
    CHECK(samples[i].tokens == plain_greedy(decoder, requests[i].prompt, 7, 12));
}

TEST_CASE("the company in a batch changes no token, greedy or drawn") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(150);
  for (double temperature : {0.0, 1.0}) {
    SamplingOptions options{
        .temperature = temperature, .top_k = 50, .top_p = 0.95, .tokens_max = 10, .seed = 9};
    std::vector<Sample> together = sample(decoder, requests, 7, options);
    options.slots = 3;
    std::vector<Sample> crowded = sample(decoder, requests, 7, options);
    for (size_t i = 0; i < requests.size(); ++i) {
      std::vector<Sample> alone = sample(decoder, std::span(requests).subspan(i, 1), 7, options);
      CHECK(together[i].tokens == alone[0].tokens);
      CHECK(together[i].ended == alone[0].ended);
      CHECK(crowded[i].tokens == alone[0].tokens);
    }
  }
}

TEST_CASE("the number of threads changes no token and no setting") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(100);
  SamplingOptions options{.temperature = 1.0, .tokens_max = 6};
  std::vector<Sample> one = sample(decoder, requests, 7, options);
  torch::set_num_threads(3);
  std::vector<Sample> three = sample(decoder, requests, 7, options);
  CHECK(torch::get_num_threads() == 3);
  torch::set_num_threads(1);
  for (size_t i = 0; i < requests.size(); ++i) CHECK(three[i].tokens == one[i].tokens);
}

TEST_CASE("streams and seeds differ, the same stream repeats") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(1);
  requests.resize(3, requests[0]);
  requests[1].stream = 77;
  SamplingOptions options{.temperature = 1.5, .tokens_max = 20, .seed = 1};
  std::vector<Sample> samples = sample(decoder, requests, -1, options);
  CHECK(samples[0].tokens == samples[2].tokens);
  CHECK(samples[0].tokens != samples[1].tokens);
  options.seed = 2;
  CHECK(sample(decoder, requests, -1, options)[0].tokens != samples[0].tokens);
}

TEST_CASE("the end token ends a sample and is left out") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(1);
  Tokens free_run = sample(decoder, requests, -1, {.tokens_max = 10})[0].tokens;
  REQUIRE(free_run.size() == 10);
  int32_t end = free_run[4];
  size_t first = static_cast<size_t>(std::find(free_run.begin(), free_run.end(), end) - free_run.begin());
  Sample ended = sample(decoder, requests, end, {.tokens_max = 10})[0];
  CHECK(ended.ended);
  CHECK(ended.tokens == Tokens(free_run.begin(), free_run.begin() + static_cast<int64_t>(first)));
}

TEST_CASE("a sample is cut at the context, and a prompt that fills it gets none") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = {{Tokens(40, 3), 1}, {Tokens(48, 3), 2}, {Tokens(60, 3), 3}};
  std::vector<Sample> samples = sample(decoder, requests, -1, {.tokens_max = 100});
  CHECK(samples[0].tokens.size() == 8);
  CHECK(samples[1].tokens.empty());
  CHECK(samples[2].tokens.empty());
  for (const Sample& s : samples) CHECK_FALSE(s.ended);
}

TEST_CASE("progress reaches the number of requests, and none gives none") {
  Decoder decoder = small_decoder();
  size_t finished = 0;
  sample(decoder, make_requests(20), -1, {.tokens_max = 2, .slots = 4}, [&](size_t n) { finished = n; });
  CHECK(finished == 20);
  CHECK(sample(decoder, {}, -1, {}).empty());
}

}  // namespace
}  // namespace retort
