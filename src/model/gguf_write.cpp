#include <cmath>
#include <optional>

#include "gguf/blocks.h"
#include "model/config_json.h"
#include "model/gguf_model.h"
#include "model/gguf_rows.h"
#include "model/layout.h"

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

// The first member in which two configs differ beyond a float's rounding; empty: none.
std::string first_difference(const Json& a, const Json& b, const std::string& at = "") {
  if (a.is_number() && b.is_number()) {
    const double left = a.number_or(0), right = b.number_or(0);
    return std::abs(left - right) <= 1e-6 * std::max(std::abs(left), std::abs(right)) ? "" : at;
  }
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (size_t i = 0; i < a.size(); ++i)
      if (auto found = first_difference(a.items()[i], b.items()[i], at); !found.empty()) return found;
    return "";
  }
  if (!a.is_object() || !b.is_object()) return a.canonical() == b.canonical() ? "" : at;
  for (const auto& [name, value] : a.members())
    if (auto found = first_difference(value, b.at_path(name), name); !found.empty()) return found;
  return "";
}

// What llama.cpp will take the file for is what it reads back as: where GGUF or llama.cpp has no words for
// something, the file would be another model. Windows that llama.cpp does not follow are left out.
Result<void> check_said(const GgufArchitecture& family, const DecoderConfig& meant, const GgufHeader& header,
                        const GgufRopeFactors& factors) {
  Json back = RETORT_TRY(config_of_gguf(header, factors));
  DecoderConfig said = RETORT_TRY(parse_decoder_config(back)), ours = meant;
  said.family = ours.family;
  if (!family.has_window)
    for (DecoderConfig* config : {&said, &ours})
      for (LayerKind& kind : config->layer_kinds) kind.window = 0;
  const std::string member =
      first_difference(make_config_json(ours, "float32"), make_config_json(said, "float32"));
  if (member.empty()) return {};
  return Error{
      ErrorCode::InvalidArgument,
      format("llama.cpp's \"{}\" has no words for this {}; export it as a folder (hf)", family.name, member)};
}

}  // namespace

Result<void> save_gguf_model(const Path& path, Decoder& decoder, const Json& config,
                             const GgufMetadata& metadata, GgufMix mix) {
  const GgufArchitecture* family =
      RETORT_TRY(find_model_type(config.at_path("model_type").string_or("(no model_type)")));
  GgufMixContext context{mix, decoder.config.layers, decoder.config.tied};
  GgufHeader header{kGgufVersion, metadata, {}};
  std::vector<GgufTensorPlan> plans;
  auto plan = [&](const std::string& name, const std::vector<int64_t>& shape, GgufTensorType type) {
    plans.push_back({name, shape, type});
    header.tensors.push_back({name, shape, type});
  };
  GgufRopeFactors factors = rope_factors_of(config);
  for (const GgufRopeTensor& rope : kRopeTensors)
    if (int64_t size = std::ssize(factors.*rope.factors); size > 0)
      plan(std::string(rope.name), {size}, GgufTensorType::F32);
  auto weights = stored_tensors(decoder);
  for (const StoredTensor& weight : weights) {
    std::optional<std::string> stored = gguf_name(*family, weight.name);
    if (!stored)
      return Error{ErrorCode::InvalidArgument,
                   format("GGUF has no name for the weight {}; export it as a folder (hf)", weight.name)};
    const std::vector<int64_t> shape = stored_shape(decoder.config, weight);
    plan(*stored, shape, tensor_type_in(context, *stored, shape));
  }
  RETORT_TRY(check_said(*family, decoder.config, header, factors));
  GgufWriter writer = RETORT_TRY(GgufWriter::create(path, metadata, plans));
  for (const GgufRopeTensor& rope : kRopeTensors)
    if (const std::vector<float>& values = factors.*rope.factors; !values.empty())
      RETORT_TRY(
          writer.write_blocks({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}));
  const size_t ropes = plans.size() - weights.size();
  for (size_t i = 0; i < weights.size(); ++i) {
    const StoredTensor& weight = weights[i];
    std::vector<torch::Tensor> parts;
    for (const auto& [name, part] : weight.parts)
      parts.push_back(part->detach().to(torch::kCPU, torch::kFloat32));
    torch::Tensor rows = parts.size() == 1 ? parts[0] : torch::cat(parts);
    rows = as_llama_cpp_has(*family, weight.name, rows, decoder.config.head_width).contiguous();
    RETORT_TRY(check_range(weight.name, rows, plans[ropes + i].type));
    RETORT_TRY(write_tensor(writer, rows, plans[ropes + i].type));
  }
  return writer.finish();
}

}  // namespace retort
