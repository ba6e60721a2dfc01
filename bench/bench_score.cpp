// IFD over real rows on the CPU: rows a second, and the share of the rate that matrix products of the model's
// own shapes reach on the same threads (RETORT_BENCH_THREADS, default 1). Usage:
//   bench_score MODEL ROWS.jsonl [COUNT]     a model folder or GGUF file; without arguments it measures
//   nothing
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "data/rows.h"
#include "nn/torch.h"
#include "student/response_fit.h"

namespace retort {
namespace {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
void figure(const char* name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.4g, \"unit\": \"%s\"}\n", name, value, unit);
  std::fflush(stdout);
}

std::vector<Example> examples_of(const std::string& path, size_t count) {
  std::vector<Example> examples;
  or_throw(read_rows(
      path,
      [&](const DataRow& row) {
        if (row.has_output && row.output.size() > 20 && row.output.size() < 4'000 && examples.size() < count)
          examples.push_back({static_cast<int64_t>(examples.size()) + 1, row.instruction, row.output});
      },
      [](const BadRow&) {}));
  return examples;
}

// Floating-point operations a second of products with the shapes of SmolLM2-135M's feed-forward and head.
double product_rate(double seconds) {
  torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::randn({1'024, 576}), up = torch::randn({1'536, 576}),
                      head = torch::randn({49'152, 576});
  double operations = 0;
  const double begin = wall_seconds();
  while (wall_seconds() - begin < seconds) {
    for (int i = 0; i < 30; ++i) torch::matmul(x, up.t());
    torch::matmul(x.narrow(0, 0, 128), head.t());
    operations += 2.0 * 576 * (30.0 * 1'024 * 1'536 + 128.0 * 49'152);
  }
  return operations / (wall_seconds() - begin);
}

// Two operations a weight of the layers and token of either context, and two a weight of the head and scored
// token; attention is left out.
double operations_of(ResponseScorer& student, const std::vector<Example>& examples,
                     const std::vector<ResponseFit>& fits) {
  constexpr double kHead = 49'152.0 * 576;
  const double layers = static_cast<double>(student.weight_count()) - kHead;
  double operations = 0;
  for (size_t i = 0; i < examples.size(); ++i) {
    const auto whole =
        static_cast<double>(student.count_tokens(examples[i].instruction, examples[i].response));
    const auto response = static_cast<double>(fits[i].tokens);
    operations += 2 * layers * (whole + response) + 2 * kHead * 2 * response;
  }
  return operations;
}

int main_of(const std::string& model, const std::string& rows, size_t count) {
  const char* threads = std::getenv("RETORT_BENCH_THREADS");
  StudentOptions options{.chat_template = "own", .device = "cpu"};
  options.threads = threads == nullptr ? 1 : std::atoi(threads);
  auto student = or_throw(ResponseScorer::open(model, options));
  const std::vector<Example> examples = examples_of(rows, count);
  const double before = product_rate(3), begin = wall_seconds();
  const std::vector<ResponseFit> fits = student->fit(examples);
  const double seconds = wall_seconds() - begin, after = product_rate(3);
  const double rate = operations_of(*student, examples, fits) / seconds;
  figure("score_rows", static_cast<double>(examples.size()), "rows");
  figure("score_rows_per_s", static_cast<double>(examples.size()) / seconds, "rows/s");
  figure("score_product_rate", (before + after) / 2 / 1e9, "GFLOP/s");
  figure("score_share_of_product_rate", rate / ((before + after) / 2), "share");
  return 0;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  if (argc < 3) return 0;
  return retort::main_of(argv[1], argv[2], argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 2'000);
}
