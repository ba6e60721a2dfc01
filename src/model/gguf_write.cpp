#include <cmath>
#include <optional>

#include "gguf/blocks.h"
#include "model/gguf_model.h"
#include "model/gguf_rows.h"

namespace retort {
namespace {

constexpr int64_t kChunkElements = 1 << 20;  // quantised and written at once
constexpr int64_t kGrainElements = 1 << 14;  // of a thread's share
constexpr float kF16Max = 65'504;

Result<void> check_range(const std::string& name, const torch::Tensor& rows, GgufTensorType type) {
  float largest = rows.numel() == 0 ? 0 : rows.abs().max().item<float>();
  if (std::isfinite(largest) &&
      (largest <= kF16Max || type == GgufTensorType::F32 || type == GgufTensorType::BF16))
    return {};
  return Error{
      ErrorCode::InvalidArgument,
      format("{} holds {}, which {} cannot; {}", name, largest, block_shape(type).name,
             std::isfinite(largest) ? "export it as bf16 or f32" : "train it again with a lower rate")};
}

// A chunk of rows at a time: quantised on all threads, then written.
Result<void> write_tensor(GgufWriter& writer, const torch::Tensor& rows, GgufTensorType type) {
  const GgufBlockShape& shape = block_shape(type);
  const float* values = rows.data_ptr<float>();
  int64_t blocks = rows.numel() / shape.elements,
          step = std::max<int64_t>(1, kChunkElements / shape.elements);
  std::string bytes;
  for (int64_t from = 0; from < blocks; from += step) {
    int64_t count = std::min(step, blocks - from);
    bytes.resize(static_cast<size_t>(count) * shape.bytes);
    auto* to = reinterpret_cast<uint8_t*>(bytes.data());
    at::parallel_for(0, count, kGrainElements / shape.elements + 1, [&](int64_t begin, int64_t end) {
      auto size = static_cast<size_t>(end - begin);
      quantise_row(type, {values + (from + begin) * shape.elements, size * shape.elements},
                   {to + begin * shape.bytes, size * shape.bytes});
    });
    RETORT_TRY(writer.write_blocks(bytes));
  }
  return {};
}

}  // namespace

Result<void> save_gguf_model(const Path& path, Decoder& decoder, const Json& config,
                             const GgufMetadata& metadata, GgufMix mix) {
  const GgufArchitecture* family =
      RETORT_TRY(find_model_type(config.at_path("model_type").string_or("(no model_type)")));
  GgufMixContext context{mix, decoder.config.layers, decoder.config.tied};
  std::vector<GgufTensorPlan> plans;
  std::vector<float> factors = rope_factors_of(config);
  if (!factors.empty())
    plans.push_back({std::string(kRopeFactorsTensor), {static_cast<int64_t>(factors.size())}});
  auto weights = named_weights(decoder);
  for (const auto& [name, weight] : weights) {
    std::optional<std::string> stored = gguf_name(name);
    if (!stored)
      return Error{ErrorCode::InvalidArgument,
                   format("GGUF has no name for the weight {}; export it as a folder (hf)", name)};
    plans.push_back(
        {*stored, weight->sizes().vec(), tensor_type_in(context, *stored, weight->sizes().vec())});
  }
  GgufWriter writer = RETORT_TRY(GgufWriter::create(path, metadata, plans));
  if (!factors.empty())
    RETORT_TRY(
        writer.write_blocks({reinterpret_cast<const char*>(factors.data()), factors.size() * sizeof(float)}));
  for (size_t i = 0; i < weights.size(); ++i) {
    const auto& [name, weight] = weights[i];
    torch::Tensor rows = weight->detach().to(torch::kCPU, torch::kFloat32).contiguous();
    if (has_turned_rows(*family, name)) rows = pairs_of_halves(rows, decoder.config.head_width);
    GgufTensorType type = plans[i + (factors.empty() ? 0 : 1)].type;
    RETORT_TRY(check_range(name, rows, type));
    RETORT_TRY(write_tensor(writer, rows, type));
  }
  return writer.finish();
}

}  // namespace retort
