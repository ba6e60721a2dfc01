// Training speed on the CPU for three sizes of student: tokens a second of processor time (one thread unless
// RETORT_BENCH_THREADS says otherwise), the share of what a matrix product alone reaches, and padding. Usage:
//   bench_student_cpu                    all three sizes
//   bench_student_cpu SIZE ROWS.json     one of 5m, 34m, 135m, and the model and packed rows that it trained
//   on,
//                                        for bench_student_cpu.sh to train on with transformers
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "nn/matmul_mode.h"
#include "train/step_plan.h"
#include "train/trainer.h"

namespace retort {
namespace {

struct Size {
  const char* name;
  int64_t vocabulary, width, layers, heads, kv_heads, head_width, feed_forward;
  int64_t rows_per_step, steps;  // the first step is not counted
};
constexpr Size kSizes[] = {{"5m", 4'096, 256, 6, 4, 4, 64, 704, 16, 6},
                           {"34m", 8'192, 512, 8, 8, 8, 64, 1'408, 8, 4},
                           {"135m", 49'152, 576, 30, 9, 3, 64, 1'536, 8, 3}};
constexpr int64_t kRowTokens = 512;

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.4g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

DecoderConfig config_of(const Size& size) {
  DecoderConfig c;
  c.vocabulary = size.vocabulary, c.width = size.width, c.layers = size.layers, c.heads = size.heads;
  c.kv_heads = size.kv_heads, c.head_width = size.head_width, c.feed_forward = size.feed_forward;
  c.rope_base = 100'000, c.context = 2'048;
  return c;
}

// Lengths as of instructions and their answers: prompts of 12 to 80 tokens, answers of 16 to 240.
std::vector<TokenSequence> documents(int64_t vocabulary, size_t count) {
  std::vector<TokenSequence> data;
  for (size_t i = 0; i < count; ++i) {
    Random random(2, "bench", i);
    TokenSequence document{{}, static_cast<int32_t>(random.range(12, 80))};
    const int64_t length = document.response_begin + random.range(16, 240);
    for (int64_t t = 0; t < length; ++t)
      document.tokens.push_back(static_cast<int32_t>(random.range(2, vocabulary - 1)));
    data.push_back(document);
  }
  return data;
}

TrainOptions options_of(const Size& size) {
  TrainOptions options;
  options.optimizer = "adamw", options.learning_rate = 1e-4, options.compute = "bf16";
  options.steps = size.steps, options.rows_per_step = size.rows_per_step, options.row_tokens = kRowTokens;
  return options;
}

// Floating-point operations of a step's matrix products, forward and backward: the head's for response
// tokens.
double step_operations(const DecoderConfig& c, double tokens, double response_tokens) {
  const double heads = static_cast<double>((2 * c.heads + 2 * c.kv_heads) * c.head_width);
  const double layer = static_cast<double>(c.width) * (heads + 3.0 * static_cast<double>(c.feed_forward));
  const double head = static_cast<double>(c.width) * static_cast<double>(c.vocabulary);
  return 6 * (tokens * layer * static_cast<double>(c.layers) + response_tokens * head);
}

// Operations a second of one bf16 product that is large enough, the best of several.
double peak_operations() {
  torch::NoGradGuard no_grad;
  torch::Tensor x = torch::randn({2'048, 1'024}).to(torch::kBFloat16),
                w = torch::randn({2'048, 1'024}).to(torch::kBFloat16);
  double best = 0;
  for (int i = 0; i < 12; ++i) {
    const double begin = processor_seconds();
    for (int j = 0; j < 4; ++j) torch::linear(x, w);
    best = std::max(best, 4 * 2.0 * 2'048 * 1'024 * 2'048 / (processor_seconds() - begin));
  }
  return best;
}

Json numbers(const std::vector<int32_t>& values) {
  Json out = Json::array();
  for (int32_t value : values) out.push(value);
  return out;
}

void write_rows(const Size& size, const std::vector<TokenSequence>& data, const Path& path) {
  const TrainOptions options = options_of(size);
  StepPlan plan(data, options);
  Json steps = Json::array();
  for (int64_t step = 0; step < plan.steps(); ++step) {
    Json rows = Json::array();
    for (const PackedRow& row : plan.rows_of(step)) {
      Json held = Json::array();
      for (size_t index : row)
        held.push(Json::object()
                      .set("tokens", numbers(data[index].tokens))
                      .set("response_begin", static_cast<int64_t>(data[index].response_begin)));
      rows.push(std::move(held));
    }
    steps.push(std::move(rows));
  }
  Json json = Json::object();
  json.set("vocab_size", size.vocabulary).set("hidden_size", size.width);
  json.set("num_hidden_layers", size.layers).set("num_attention_heads", size.heads);
  json.set("num_key_value_heads", size.kv_heads).set("head_dim", size.head_width);
  json.set("intermediate_size", size.feed_forward).set("row_tokens", kRowTokens);
  or_throw(write_file_atomic(path, json.set("steps", std::move(steps)).dump()));
}

void bench_size(const Size& size, double peak, const char* rows_path) {
  Decoder decoder = make_decoder(config_of(size), 1);
  const std::vector<TokenSequence> data = documents(size.vocabulary, 400);
  if (rows_path != nullptr) write_rows(size, data, rows_path);
  double processor = 0, wall = 0;
  const TrainReport report =
      or_throw(train(decoder, data, options_of(size), {}, [&](const TrainProgress& progress) {
        if (progress.step == 1) processor = processor_seconds(), wall = wall_seconds();
      }));
  processor = processor_seconds() - processor, wall = wall_seconds() - wall;
  const double share = static_cast<double>(size.steps - 1) / static_cast<double>(size.steps);
  const double tokens = share * static_cast<double>(report.tokens);
  const double operations =
      step_operations(decoder.config, tokens, share * static_cast<double>(report.response_tokens));
  const std::string name = format("train_{}", size.name);
  figure(name, tokens / processor, "tok/s of processor time");
  figure(name + "_wall", tokens / wall, "tok/s");
  figure(name + "_share_of_peak", operations / processor / peak, "");
  figure(name + "_padding", report.padding_share, "");
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  using namespace retort;
  const char* threads = std::getenv("RETORT_BENCH_THREADS");
  torch::set_num_threads(threads != nullptr ? std::atoi(threads) : 1);
  set_log_level(LogLevel::Warning);
  const double peak = peak_operations();
  figure("train_gemm_peak", peak / 1e9, "GFLOP/s of processor time");
  for (const Size& size : kSizes)
    if (argc < 2 || std::string_view(argv[1]) == size.name)
      bench_size(size, peak, argc > 2 ? argv[2] : nullptr);
  return 0;
}
