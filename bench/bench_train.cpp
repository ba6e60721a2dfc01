// Milliseconds a training step of the demo's student (128 wide, 4 layers, 8 rows of 128 tokens, Muon), for
// each way of multiplying matrices and with one and two threads; and the error of each way. `bench_train
// [steps]`.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/random.h"
#include "nn/matmul_mode.h"
#include "train/trainer.h"

namespace retort {
namespace {

struct Way {
  const char* name;
  MatmulMode mode;
};
constexpr Way kWays[] = {
    {"exact", MatmulMode::Exact}, {"fp32", MatmulMode::Fp32}, {"bf16", MatmulMode::Bf16}};

DecoderConfig demo_student() {
  DecoderConfig config;
  config.vocabulary = 1'024, config.width = 128, config.layers = 4, config.heads = 4, config.kv_heads = 4;
  config.head_width = 32, config.feed_forward = 352, config.rope_base = 300, config.context = 512;
  return config;
}

// Lengths as in the practice world: prompts of 24 tokens, answers of 3 and an end token, on average. The
// answer is the prompt's first tokens, so that there is something to learn.
std::vector<TokenSequence> practice_like(size_t count, int64_t vocabulary) {
  std::vector<TokenSequence> documents;
  for (size_t i = 0; i < count; ++i) {
    Random random(1, "bench", i);
    TokenSequence document;
    int64_t prompt = random.range(12, 36), answer = random.range(1, 5);
    for (int64_t t = 0; t < prompt; ++t)
      document.tokens.push_back(static_cast<int32_t>(random.range(2, vocabulary - 1)));
    document.response_begin = static_cast<int32_t>(prompt);
    for (int64_t t = 0; t < answer; ++t) document.tokens.push_back(document.tokens[static_cast<size_t>(t)]);
    document.tokens.push_back(1);
    documents.push_back(document);
  }
  return documents;
}

void print_figure(const std::string& name, double figure, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.4g, \"unit\": \"%s\"}\n", name.c_str(), figure, unit);
  std::fflush(stdout);
}

double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct StepTime {
  double wall_ms = 0;  // median over the steps
  double loss = 0;    // mean over the last tenth of the steps, nats a token: that a faster way learns as well
  double cpu_ms = 0;  // of all threads together, mean; says more than wall time on a machine that is shared
};

StepTime measure_steps(int64_t steps) {
  Decoder decoder = make_decoder(demo_student(), 1);
  auto data = practice_like(2'000, decoder.config.vocabulary);
  TrainOptions options;
  options.steps = steps;
  std::vector<double> times;
  auto before = std::chrono::steady_clock::now();
  double cpu_begin = 0;
  TrainReport report = or_throw(train(decoder, data, options, {}, [&](const TrainProgress& progress) {
    auto now = std::chrono::steady_clock::now();
    if (progress.step == 1) cpu_begin = cpu_ms();
    if (progress.step > 1) times.push_back(std::chrono::duration<double, std::milli>(now - before).count());
    before = now;
  }));
  double cpu = (cpu_ms() - cpu_begin) / static_cast<double>(times.size());
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return {times[times.size() / 2], report.last_loss, cpu};
}

void run(int64_t steps, std::string_view only_way, int only_threads) {
  for (const Way& way : kWays) {
    set_matmul_mode(way.mode);
    print_figure(format("train_matmul_error_{}", way.name), matmul_error(), "ratio");
  }
  for (int threads : {1, 2})
    for (const Way& way : kWays) {
      if ((only_threads != 0 && only_threads != threads) || (!only_way.empty() && only_way != way.name))
        continue;
      torch::set_num_threads(threads);
      set_matmul_mode(way.mode);
      StepTime time = measure_steps(steps);
      print_figure(format("train_step_{}_{}_threads", way.name, threads), time.wall_ms, "ms");
      print_figure(format("train_step_{}_{}_threads_cpu", way.name, threads), time.cpu_ms, "ms");
      print_figure(format("train_loss_{}_{}_threads", way.name, threads), time.loss, "nats");
    }
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  retort::run(argc > 1 ? std::atoll(argv[1]) : 60, argc > 2 ? argv[2] : "",
              argc > 3 ? std::atoi(argv[3]) : 0);
  return 0;
}
