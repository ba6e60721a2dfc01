// Output tokens a second of the student's sampling on the CPU, greedy until each answer ends. Usage:
//   bench_generate                                       random weights of SmolLM2-135M's shape, prompts of
//                                                        uneven length, 48 tokens each, in each precision;
//                                                        and steps of few slots, bf16, packed beside unpacked
//                                                        and beside int8
//   bench_generate FOLDER PROMPTS.json TOKENS PRECISION  a model folder over given prompts (token ids),
//   beside
//                                                        which bench_generate.sh runs transformers and
//                                                        llama.cpp; fp32, bf16 or int8
// RETORT_BENCH_THREADS: 1 unless set.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/json.h"
#include "base/random.h"
#include "generate/batcher.h"
#include "model/folder.h"

namespace retort {
namespace {

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.4g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

DecoderConfig smollm2_135m() {
  DecoderConfig config;
  config.vocabulary = 49'152, config.width = 576, config.layers = 30, config.heads = 9, config.kv_heads = 3;
  config.head_width = 64, config.feed_forward = 1'536, config.rope_base = 100'000, config.context = 8'192;
  return config;
}

std::vector<SampleRequest> uneven_prompts(size_t count, int64_t vocabulary) {
  std::vector<SampleRequest> requests;
  for (size_t i = 0; i < count; ++i) {
    Random random(1, "bench", i);
    SampleRequest request{{}, i};
    int64_t length = random.range(30, 60) * (random.chance(0.2) ? 4 : 1);
    for (int64_t t = 0; t < length; ++t)
      request.prompt.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocabulary))));
    requests.push_back(request);
  }
  return requests;
}

std::vector<SampleRequest> read_prompts(const std::string& path) {
  std::vector<SampleRequest> requests;
  const Json prompts = or_throw(read_json_file(path));
  for (const Json& prompt : prompts.items()) {
    requests.push_back({{}, requests.size()});
    for (const Json& token : prompt.items())
      requests.back().prompt.push_back(static_cast<int32_t>(token.integer_or(0)));
  }
  return requests;
}

Decoder in_precision(Decoder decoder, const std::string& precision) {
  if (precision == "fp32") return decoder;
  if (precision == "int8") return int8_for_decoding(std::move(decoder));
  for (auto& [name, weight] : named_weights(decoder)) *weight = weight->to(torch::kBFloat16);
  if (decoder.config.tied) decoder.head_VD = decoder.embedding_VD;
  return decoder;
}

void measure(const Decoder& decoder, const std::vector<SampleRequest>& requests, int32_t end_token,
             int64_t tokens, const std::string& name) {
  const double processor = static_cast<double>(std::clock());
  const auto wall = std::chrono::steady_clock::now();
  size_t out = 0;
  for (const Sample& one : sample(decoder, requests, end_token, {.tokens_max = tokens}))
    out += one.tokens.size() + (one.ended ? 1 : 0);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - wall;
  const double cpu = (static_cast<double>(std::clock()) - processor) / CLOCKS_PER_SEC;
  figure(name, static_cast<double>(out) / seconds.count(), "tok/s");
  figure(name + "_tokens", static_cast<double>(out), "tokens");
  figure(name + "_per_processor_second", static_cast<double>(out) / cpu, "tok/s");
}

// Processor seconds of a step that decodes a token in every slot.
double step_seconds(const Decoder& decoder, size_t slots) {
  constexpr int kSteps = 12;
  Batcher batcher(decoder, -1, {.slots = static_cast<int64_t>(slots), .tokens = 64});
  const SamplingOptions options{.tokens_max = 2 * kSteps};
  std::vector<SampleRequest> requests(slots, SampleRequest{{5, 3, 5}, 0});
  std::vector<Sample> samples(slots);
  for (size_t i = 0; i < slots; ++i) batcher.add({&requests[i], &options, std::span(samples).subspan(i, 1)});
  batcher.step();  // reads the prompts
  const double begin = static_cast<double>(std::clock());
  for (int i = 0; i < kSteps; ++i) batcher.step();
  return (static_cast<double>(std::clock()) - begin) / CLOCKS_PER_SEC / kSteps;
}

// What serve's students of a few users gain by packed weights, and by eight-bit ones: the best of three, in
// turn.
void bench_few_slots(const Decoder& plain) {
  const torch::NoGradGuard no_grad;
  const Decoder packed = packed_for_decoding(plain), narrow = int8_for_decoding(plain);
  for (size_t slots : {1, 4, 16, 64}) {
    double unpacked_s = 1e9, packed_s = 1e9, narrow_s = 1e9;
    for (int i = 0; i < 3; ++i) {
      unpacked_s = std::min(unpacked_s, step_seconds(plain, slots));
      packed_s = std::min(packed_s, step_seconds(packed, slots));
      narrow_s = std::min(narrow_s, step_seconds(narrow, slots));
    }
    const std::string name = format("generate_135m_random_bf16_{}_slots", slots);
    figure(name, 1e3 * packed_s, "ms a step");
    figure(name + "_vs_unpacked", unpacked_s / packed_s, "");
    figure(format("generate_135m_random_int8_{}_slots_vs_bf16", slots), packed_s / narrow_s, "");
  }
}

void bench_random() {
  const Decoder decoder = make_decoder(smollm2_135m(), 1);
  bench_few_slots(in_precision(decoder, "bf16"));
  const std::vector<SampleRequest> requests = uneven_prompts(128, decoder.config.vocabulary);
  for (const char* precision : {"bf16", "fp32", "int8"})
    measure(in_precision(decoder, precision), requests, -1, 48, format("generate_135m_random_{}", precision));
}

void bench_folder(const std::string& folder, const std::string& prompts, int64_t tokens,
                  const std::string& precision) {
  ModelFolder model = or_throw(load_model_folder(folder));
  const auto end = static_cast<int32_t>(model.config.at_path("eos_token_id").integer_or(-1));
  measure(in_precision(std::move(model.decoder), precision), read_prompts(prompts), end, tokens,
          format("generate_135m_{}", precision));
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  const char* threads = std::getenv("RETORT_BENCH_THREADS");
  torch::set_num_threads(threads != nullptr ? std::atoi(threads) : 1);
  if (argc == 5)
    retort::bench_folder(argv[1], argv[2], std::atoll(argv[3]), argv[4]);
  else
    retort::bench_random();
  return 0;
}
