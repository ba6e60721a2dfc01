// The student on a GPU, with random weights of real models' shapes: tokens a second of training (full and
// LoRA) and of sampling, training's share of what a large bf16 product reaches, and the most memory that the
// tensors took. The ways are those of the commands: training holds fp32 weights and computes in bf16, the
// student of a run answers in fp32, `retort serve --precision bf16` in bf16. Run by scripts/bench_gpu, which
// sets `transformers` beside it.
//   bench_gpu                               all figures; one that fails says why, and the others go on: exit
//   1 bench_gpu train|lora|answer|serve NAME  one: qwen2.5-1.5b, llama-3.2-1b, llama-3.1-8b, qwen3-0.6b, tiny
// Without a GPU it runs `tiny` on the processor, which shows that it works and no speed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/log.h"
#include "base/random.h"
#include "generate/sampler.h"
#include "model/adapter.h"
#include "nn/matmul_mode.h"
#include "nn/torch_compat.h"
#include "train/trainer.h"

namespace retort {
namespace {

struct Shape {
  const char* name;
  int64_t vocabulary, width, layers, heads, kv_heads, head_width, feed_forward;
  double rope_base;
  bool tied, biases, normed_heads;
};
constexpr Shape kShapes[] = {
    {"qwen2.5-1.5b", 151'936, 1'536, 28, 12, 2, 128, 8'960, 1e6, true, true, false},
    {"llama-3.2-1b", 128'256, 2'048, 16, 32, 8, 64, 8'192, 5e5, true, false, false},
    {"llama-3.1-8b", 128'256, 4'096, 32, 32, 8, 128, 14'336, 5e5, false, false, false},
    {"qwen3-0.6b", 151'936, 1'024, 28, 16, 8, 128, 3'072, 1e6, true, false, true},
    {"tiny", 512, 64, 2, 4, 2, 16, 128, 1e4, true, false, false}};

const Shape& shape_of(std::string_view name) {
  for (const Shape& shape : kShapes)
    if (shape.name == name) return shape;
  throw RunError(ErrorCode::InvalidArgument, format("no shape is called {}", name));
}

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.5g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

torch::Device device() { return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU; }
bool is_tiny() { return device().is_cpu(); }

// Once the device has done what it was told.
double seconds_now() {
  if (device().is_cuda()) torch::cuda::synchronize();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Weights are drawn on the device: the counter-based ones of make_decoder take minutes for eight billion.
Decoder random_decoder(const Shape& s, torch::ScalarType dtype) {
  Decoder decoder;
  DecoderConfig& c = decoder.config;
  c.vocabulary = s.vocabulary, c.width = s.width, c.layers = s.layers, c.heads = s.heads;
  c.kv_heads = s.kv_heads, c.head_width = s.head_width, c.feed_forward = s.feed_forward;
  c.rope_base = s.rope_base, c.tied = s.tied, c.context = 4'096, c.query_key_value_bias = s.biases;
  c.query_key_norm = s.normed_heads ? QueryKeyNorm::PerHead : QueryKeyNorm::None;
  check_decoder_config(c);
  decoder.layers.resize(static_cast<size_t>(c.layers));
  const auto options = torch::TensorOptions().dtype(dtype).device(device());
  for (auto& [name, weight] : named_weights(decoder)) {
    const std::vector<int64_t> shape = weight_shape(c, name);
    *weight = shape.size() == 1 ? torch::ones(shape, options) : torch::randn(shape, options).mul_(0.02);
  }
  if (c.tied) decoder.head_VD = decoder.embedding_VD;
  return decoder;
}

std::vector<TokenSequence> documents(int64_t vocabulary, size_t count, int64_t longest) {
  std::vector<TokenSequence> data;
  for (size_t i = 0; i < count; ++i) {
    Random random(2, "bench", i);
    TokenSequence document{{}, static_cast<int32_t>(random.range(longest / 32, longest / 4))};
    const int64_t length = document.response_begin + random.range(longest / 16, longest / 2);
    for (int64_t t = 0; t < length; ++t)
      document.tokens.push_back(static_cast<int32_t>(random.range(2, vocabulary - 1)));
    data.push_back(document);
  }
  return data;
}

// Operations a second of a large bf16 product.
double peak_operations() {
  torch::NoGradGuard no_grad;
  const int64_t n = is_tiny() ? 512 : 8'192;
  const auto options = torch::TensorOptions().dtype(torch::kBFloat16).device(device());
  torch::Tensor a = torch::randn({n, n}, options), b = torch::randn({n, n}, options);
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const double begin = seconds_now();
    for (int j = 0; j < 10; ++j) torch::mm(a, b);
    best = std::max(best, 10 * 2.0 * static_cast<double>(n * n * n) / (seconds_now() - begin));
  }
  return best;
}

// Of the matrix products of one token, forward; the head's only where there is a loss.
double operations(const DecoderConfig& c, double tokens, double response_tokens) {
  const double heads = static_cast<double>((2 * c.heads + 2 * c.kv_heads) * c.head_width);
  const double layer = static_cast<double>(c.width) * (heads + 3.0 * static_cast<double>(c.feed_forward));
  return 2 * (tokens * layer * static_cast<double>(c.layers) +
              response_tokens * static_cast<double>(c.width * c.vocabulary));
}

void bench_train(const Shape& shape, bool lora) {
  const double peak = peak_operations();
  Decoder decoder = random_decoder(shape, torch::kFloat32);
  if (lora) or_throw(attach_adapters(decoder, {.rank = 16}, 1));
  TrainOptions options;
  options.optimizer = "adamw", options.learning_rate = 1e-5, options.compute = "bf16";
  options.row_tokens = is_tiny() ? 128 : 2'048, options.rows_per_step = 16, options.steps = 10;
  options.pass_tokens = 16 * options.row_tokens;
  const auto data = documents(shape.vocabulary, is_tiny() ? 200 : 2'000, options.row_tokens);
  double begin = 0;
  int64_t warm = 2;  // steps that are not counted
  const TrainReport report = or_throw(train(decoder, data, options, {}, [&](const TrainProgress& progress) {
    if (progress.step == warm) begin = seconds_now();
  }));
  const double seconds = seconds_now() - begin;
  const double share = static_cast<double>(report.steps - warm) / static_cast<double>(report.steps);
  const double tokens = share * static_cast<double>(report.tokens);
  // Backward costs twice the forward pass; under adapters half of that, as the weights get no gradients.
  const double passes = lora ? 2 : 3;
  const double work =
      passes * operations(decoder.config, tokens, share * static_cast<double>(report.response_tokens));
  const std::string name = format("gpu_{}_{}", lora ? "lora" : "train", shape.name);
  figure(name, tokens / seconds, "tok/s");
  figure(name + "_share_of_peak", work / seconds / peak, "");
  figure(name + "_padding", report.padding_share, "");
  figure(name + "_pass_rows", static_cast<double>(report.pass_rows), "rows");
}

void bench_sampling(const Shape& shape, const char* way, torch::ScalarType dtype) {
  const Decoder decoder = random_decoder(shape, dtype);
  const int64_t least = is_tiny() ? 4 : 100, most = is_tiny() ? 32 : 1'024;
  std::vector<SampleRequest> requests;
  std::vector<size_t> wanted;
  Random random(0, "bench_gpu");
  for (size_t i = 0; i < 256; ++i) {
    requests.push_back({{}, i});
    for (int64_t n = random.range(least, most); n > 0; --n)
      requests.back().prompt.push_back(static_cast<int32_t>(random.range(2, shape.vocabulary - 1)));
    wanted.push_back(static_cast<size_t>(random.range(least, most)));
  }
  SamplingOptions options{.temperature = 0.6, .tokens_max = most, .slots = 256};
  options.end_token = EndToken::Ignored;
  options.stop_test = [&](size_t i, std::span<const int32_t> tokens) { return tokens.size() >= wanted[i]; };
  sample(decoder, std::span(requests).first(8), 1, {.tokens_max = 8});  // the first one loads kernels
  const double begin = seconds_now();
  double out = 0;
  for (const Sample& one : sample(decoder, requests, 1, options))
    out += static_cast<double>(one.tokens.size());
  figure(format("gpu_{}_{}", way, shape.name), out / (seconds_now() - begin), "tok/s");
}

void bench(std::string_view what, std::string_view name) {
  const Shape& shape = shape_of(name);
  set_matmul_mode(what == "answer" ? MatmulMode::Fp32 : MatmulMode::Bf16, device());
  if (what == "train" || what == "lora")
    bench_train(shape, what == "lora");
  else if (what == "answer")
    bench_sampling(shape, "answer", torch::kFloat32);
  else if (what == "serve")
    bench_sampling(shape, "serve", torch::kBFloat16);
  else
    throw RunError(ErrorCode::InvalidArgument, format("it is train, lora, answer or serve, not {}", what));
  if (device().is_cuda())
    figure(format("gpu_{}_{}_peak", what, name), static_cast<double>(peak_tensor_bytes(device())) / 1e9,
           "GB");
}

// In a process of its own, so that what a failure leaves on the device goes with it.
int run_all(const char* self) {
  const std::pair<const char*, const char*> all[] = {
      {"train", "qwen2.5-1.5b"}, {"train", "llama-3.2-1b"}, {"train", "llama-3.1-8b"},
      {"lora", "llama-3.1-8b"},  {"serve", "qwen3-0.6b"},   {"serve", "llama-3.2-1b"},
      {"serve", "llama-3.1-8b"}, {"answer", "qwen3-0.6b"},  {"answer", "llama-3.2-1b"},
      {"train", "tiny"},         {"lora", "tiny"},          {"answer", "tiny"},
      {"serve", "tiny"}};
  int code = 0;
  for (const auto& [what, name] : all)
    if (is_tiny() == (std::string_view(name) == "tiny"))
      if (std::system(format("'{}' {} {}", self, what, name).c_str()) != 0) {
        std::printf("{\"name\": \"gpu_%s_%s\", \"failed\": true}\n", what, name);
        code = 1;
      }
  return code;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  retort::set_log_level(retort::LogLevel::Warning);
  try {
    if (argc != 3) return retort::run_all(argv[0]);
    retort::bench(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_gpu: %s\n", error.what());
    return 1;
  }
}
