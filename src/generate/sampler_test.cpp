#include "generate/sampler.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "base/stop.h"
#include "base/test.h"
#include "generate/score.h"
#include "generate/small_decoder.h"

namespace retort {
namespace {

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

// Every token's log-probability, which tells more than the token whether a bit changed.
SamplingOptions noted(double temperature) {
  return {
      .temperature = temperature, .tokens_max = 10, .seed = 9, .log_probabilities = LogProbabilities::Chosen};
}

TEST_CASE("company, slots, order and threads change no bit of a log-probability") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(40), reversed(requests.rbegin(), requests.rend());
  for (double temperature : {0.0, 1.0}) {
    SamplingOptions options = noted(temperature);
    std::vector<Sample> together = sample(decoder, requests, 7, options);
    std::vector<Sample> backwards = sample(decoder, reversed, 7, options);
    options.slots = 3;
    std::vector<Sample> crowded = sample(decoder, requests, 7, options);
    for (size_t i = 0; i < requests.size(); ++i) {
      std::vector<Sample> alone = sample(decoder, std::span(requests).subspan(i, 1), 7, options);
      REQUIRE(together[i].log_probabilities.size() == together[i].tokens.size());
      CHECK(together[i].log_probabilities == alone[0].log_probabilities);
      CHECK(crowded[i].log_probabilities == alone[0].log_probabilities);
      CHECK(backwards[requests.size() - 1 - i].log_probabilities == alone[0].log_probabilities);
    }
  }
}

TEST_CASE("a beginning that all prompts share is read once, and changes no bit") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(12);
  const Tokens beginning = {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (SampleRequest& request : requests) {
    request.prompt.resize(std::min<size_t>(request.prompt.size(), 20));
    request.prompt.insert(request.prompt.begin(), beginning.begin(), beginning.end());
  }
  SamplingOptions options = noted(1.0);
  options.slots = 5;
  std::vector<Sample> shared = sample(decoder, requests, -1, options);
  for (size_t i = 0; i < requests.size(); ++i) {
    Sample alone = sample(decoder, std::span(requests).subspan(i, 1), -1, options)[0];
    CHECK(shared[i].tokens == alone.tokens);
    CHECK(shared[i].log_probabilities == alone.log_probabilities);
  }
}

TEST_CASE("several samples of a prompt differ, and the first is the one that is drawn alone") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(6);
  SamplingOptions options = noted(1.5);
  std::vector<Sample> single = sample(decoder, requests, -1, options);
  options.samples = 4;
  std::vector<Sample> four = sample(decoder, requests, -1, options);
  options.slots = 3;  // fewer than the samples of one prompt
  std::vector<Sample> crowded = sample(decoder, requests, -1, options);
  REQUIRE(four.size() == 24);
  for (size_t i = 0; i < requests.size(); ++i) {
    CHECK(four[4 * i].tokens == single[i].tokens);
    CHECK(four[4 * i].log_probabilities == single[i].log_probabilities);
    CHECK(four[4 * i].tokens != four[4 * i + 1].tokens);
    CHECK(four[4 * i + 1].tokens != four[4 * i + 2].tokens);
  }
  for (size_t i = 0; i < four.size(); ++i) CHECK(four[i].log_probabilities == crowded[i].log_probabilities);
}

TEST_CASE("a stop sequence ends a sample and is left out, and so does a stop test") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(1);
  Sample free_run = sample(decoder, requests, -1, noted(1.0))[0];
  SamplingOptions options = noted(1.0);
  options.stop_sequences = {{96, 96, 96, 96}, {free_run.tokens[3], free_run.tokens[4]}};
  Sample stopped = sample(decoder, requests, -1, options)[0];
  CHECK(stopped.ended);
  CHECK(stopped.tokens == Tokens(free_run.tokens.begin(), free_run.tokens.begin() + 3));
  CHECK(stopped.log_probabilities.size() == 3);
  options = noted(1.0);
  options.stop_test = [](size_t index, std::span<const int32_t> tokens) {
    return index == 0 && tokens.size() == 6;
  };
  Sample tested = sample(decoder, requests, -1, options)[0];
  CHECK(tested.ended);
  CHECK(tested.tokens == Tokens(free_run.tokens.begin(), free_run.tokens.begin() + 6));
}

TEST_CASE("a heavy repetition penalty lets no token come twice") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(5);
  for (const Sample& s : sample(decoder, requests, -1, {.repetition_penalty = 1e6, .tokens_max = 15})) {
    std::vector<int32_t> sorted = s.tokens;
    std::sort(sorted.begin(), sorted.end());
    CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
  }
}

TEST_CASE("log-probabilities of a greedy sample are those of its likeliest tokens, and of scoring its text") {
  Decoder decoder = small_decoder();
  std::vector<SampleRequest> requests = make_requests(8);
  SamplingOptions options = noted(0.0);
  options.likeliest = 3;
  std::vector<Sample> samples = sample(decoder, requests, -1, options);
  std::vector<TokenSequence> sequences;
  for (size_t i = 0; i < requests.size(); ++i) {
    TokenSequence whole{requests[i].prompt, static_cast<int32_t>(requests[i].prompt.size())};
    whole.tokens.insert(whole.tokens.end(), samples[i].tokens.begin(), samples[i].tokens.end());
    sequences.push_back(whole);
    REQUIRE(samples[i].likeliest.size() == samples[i].tokens.size());
    for (size_t t = 0; t < samples[i].tokens.size(); ++t) {
      CHECK(samples[i].likeliest[t].size() == 3);
      CHECK(samples[i].likeliest[t][0].id == samples[i].tokens[t]);
      CHECK(samples[i].likeliest[t][0].log_probability == samples[i].log_probabilities[t]);
    }
  }
  for (int64_t tokens_per_pass : {16, 4'096}) {
    std::vector<std::vector<float>> scores =
        score_responses(decoder, sequences, {.tokens_per_pass = tokens_per_pass, .logits_max = 200});
    for (size_t i = 0; i < requests.size(); ++i) {
      REQUIRE(scores[i].size() == samples[i].tokens.size());
      for (size_t t = 0; t < scores[i].size(); ++t)
        CHECK(scores[i][t] == doctest::Approx(samples[i].log_probabilities[t]).epsilon(1e-4));
    }
  }
}

TEST_CASE("a response that its prompt says nothing of is as difficult with it as without") {
  Decoder decoder = small_decoder();
  std::vector<std::vector<int32_t>> prompts = {{3, 1, 4}, {2, 7, 1, 8}}, responses = {{5, 9, 2}, {2, 8}};
  std::vector<ResponseLoss> losses = response_losses(decoder, prompts, responses);
  TokenSequence alone{responses[0], 0}, after{{3, 1, 4, 5, 9, 2}, 4};
  std::vector<std::vector<float>> scores = score_responses(decoder, std::vector<TokenSequence>{alone, after});
  CHECK(losses[0].tokens == 2);
  CHECK(losses[0].alone == doctest::Approx(mean_nll(scores[0])).epsilon(1e-5));
  CHECK(losses[0].after_prompt == doctest::Approx(mean_nll(scores[1])).epsilon(1e-5));
  CHECK(losses[1].tokens == 1);
}

TEST_CASE("in bf16 samples are drawn as well, from the same kernels") {
  Decoder decoder = small_decoder();
  for (auto& [name, weight] : named_weights(decoder)) *weight = weight->to(torch::kBFloat16);
  decoder.head_VD = decoder.embedding_VD;
  std::vector<SampleRequest> requests = make_requests(20);
  std::vector<Sample> samples = sample(decoder, requests, -1, {.tokens_max = 5, .slots = 6});
  for (const Sample& s : samples) CHECK(s.tokens.size() == 5);
}

TEST_CASE("over eight-bit numbers too the company in a batch changes no token") {
  Decoder decoder = small_decoder();
  for (auto& [name, weight] : named_weights(decoder)) *weight = weight->to(torch::kBFloat16);
  decoder.head_VD = decoder.embedding_VD;
  decoder = int8_for_decoding(decoder);
  const std::vector<SampleRequest> requests = make_requests(60);
  for (double temperature : {0.0, 1.0}) {
    SamplingOptions options{.temperature = temperature, .tokens_max = 10, .seed = 9};
    const std::vector<Sample> together = sample(decoder, requests, 7, options);
    options.slots = 3;
    torch::set_num_threads(3);
    const std::vector<Sample> crowded = sample(decoder, requests, 7, options);
    torch::set_num_threads(1);
    for (size_t i = 0; i < requests.size(); ++i) {
      const std::vector<Sample> alone = sample(decoder, std::span(requests).subspan(i, 1), 7, options);
      CHECK(together[i].tokens == alone[0].tokens);
      CHECK(crowded[i].tokens == alone[0].tokens);
    }
  }
}

TEST_CASE("a withdrawn order stops all threads within a step") {
  const Decoder decoder = small_decoder();
  std::optional<WorkOrder> order(std::in_place);
  const WorkingFor here(order->token());
  std::atomic<bool> withdrawn = false;
  std::atomic<int> chosen_after = 0;
  SamplingOptions options{.tokens_max = 15, .slots = 8};
  options.stop_test = [&](size_t, std::span<const int32_t>) {
    if (withdrawn) ++chosen_after;
    return false;
  };
  torch::set_num_threads(2);
  const auto ask = [&] {
    sample(decoder, make_requests(400), -1, options, [&](size_t) {
      order.reset();
      withdrawn = true;
    });
  };
  CHECK_THROWS_AS(ask(), RunError);
  torch::set_num_threads(1);
  CHECK(chosen_after <= options.slots);
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
