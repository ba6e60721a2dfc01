#include "generate/batcher.h"

#include <algorithm>
#include <list>

#include "base/test.h"
#include "generate/small_decoder.h"

namespace retort {
namespace {

// A request with all that a job refers to.
struct Asked {
  SampleRequest request;
  SamplingOptions options;
  std::vector<Sample> samples;
  Asked(std::vector<int32_t> prompt, SamplingOptions with) : request{std::move(prompt), 5}, options(with) {
    options.log_probabilities = LogProbabilities::Chosen;
    samples.resize(static_cast<size_t>(options.samples));
  }
  BatchJob job() { return {&request, &options, samples, 0}; }
  // What a list of this one request gives, on its own.
  std::vector<Sample> alone(const Decoder& decoder) const {
    return sample(decoder, std::span(&request, 1), 7, options);
  }
};

std::vector<int32_t> prompt_of(uint64_t index, size_t beginning = 0) {
  std::vector<int32_t> prompt;
  for (size_t i = 0; i < beginning; ++i) prompt.push_back(static_cast<int32_t>(10 + i));
  Random random(5, "prompt", index);
  for (uint64_t n = 2 + random.below(20); n > 0; --n)
    prompt.push_back(static_cast<int32_t>(random.below(97)));
  return prompt;
}

void run_out(Batcher& batcher) {
  torch::NoGradGuard no_grad;
  while (!batcher.is_idle()) batcher.step();
}

void check_same(const Asked& asked, const Decoder& decoder) {
  std::vector<Sample> alone = asked.alone(decoder);
  for (size_t i = 0; i < alone.size(); ++i) {
    CHECK(asked.samples[i].finished);
    CHECK(asked.samples[i].tokens == alone[i].tokens);
    CHECK(asked.samples[i].log_probabilities == alone[i].log_probabilities);
    CHECK(asked.samples[i].ended == alone[i].ended);
  }
}

TEST_CASE("who joins a running batch, each with settings of its own, gets the bits it would get alone") {
  Decoder decoder = small_decoder();
  Batcher batcher(decoder, 7, {.slots = 3, .tokens = 64});
  std::list<Asked> all;
  torch::NoGradGuard no_grad;
  for (uint64_t i = 0; i < 24; ++i) {
    Random random(1, "settings", i);
    SamplingOptions options{.temperature = random.chance(0.5) ? 0.0 : 1.2,
                            .top_p = random.chance(0.5) ? 1.0 : 0.9,
                            .repetition_penalty = random.chance(0.5) ? 1.0 : 1.2,
                            .tokens_max = random.range(1, 12),
                            .seed = i,
                            .samples = random.range(1, 3)};
    all.emplace_back(prompt_of(i, i % 2 == 0 ? 12 : 0), options);
    batcher.add(all.back().job());
    for (int64_t n = random.range(0, 3); n > 0; --n) batcher.step();
  }
  run_out(batcher);
  for (const Asked& asked : all) check_same(asked, decoder);
}

TEST_CASE("what a slot has read of a conversation is not read again, and changes no bit") {
  Decoder decoder = small_decoder();
  Batcher batcher(decoder, 7, {.slots = 2, .tokens = 64});
  std::vector<int32_t> conversation = prompt_of(1, 12);
  for (int turn = 0; turn < 4; ++turn) {
    Asked asked(conversation, {.temperature = 1.0, .tokens_max = 4});
    batcher.add(asked.job());
    run_out(batcher);
    check_same(asked, decoder);
    conversation.insert(conversation.end(), asked.samples[0].tokens.begin(), asked.samples[0].tokens.end());
    conversation.insert(conversation.end(), {3, 4, 5});
  }
}

TEST_CASE("what is cancelled, waiting or live, frees its slot and is written no more") {
  Decoder decoder = small_decoder();
  Batcher batcher(decoder, -1, {.slots = 1, .tokens = 64});
  Asked first(prompt_of(1), {.tokens_max = 30}), second(prompt_of(2), {.tokens_max = 30}),
      third(prompt_of(3), {.tokens_max = 6});
  for (Asked* asked : {&first, &second, &third}) batcher.add(asked->job());
  {
    torch::NoGradGuard no_grad;
    for (int i = 0; i < 3; ++i) batcher.step();
  }
  CHECK(batcher.live_count() == 1);
  batcher.cancel(first.samples);
  batcher.cancel(second.samples);
  run_out(batcher);
  CHECK(first.samples[0].tokens.size() == 3);
  CHECK_FALSE(first.samples[0].finished);
  CHECK(second.samples[0].tokens.empty());
  CHECK(third.samples[0].tokens.size() == 6);
  CHECK(third.samples[0].finished);
}

TEST_CASE("a sample is cut where its slot ends") {
  Decoder decoder = small_decoder();
  Batcher batcher(decoder, -1, {.slots = 1, .tokens = 20});
  Asked asked(std::vector<int32_t>(15, 3), {.tokens_max = 40});
  batcher.add(asked.job());
  run_out(batcher);
  CHECK(asked.samples[0].tokens.size() == 5);
  CHECK(asked.samples[0].finished);
  CHECK_FALSE(asked.samples[0].ended);
}

}  // namespace
}  // namespace retort
