#include "model/gguf_model.h"

#include <cmath>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "base/utf8.h"
#include "gguf/architecture.h"
#include "gguf/blocks.h"
#include "model/config_json.h"

namespace retort {
namespace {

constexpr int64_t kChunkElements = 1 << 20;  // read, or quantised and written, at once
constexpr int64_t kGrainElements = 1 << 14;  // of a thread's share
constexpr float kF16Max = 65'504;

std::string shape_text(torch::IntArrayRef shape) {
  std::string text;
  for (int64_t size : shape) text += format("{}{}", text.empty() ? "" : "x", size);
  return text;
}

// The rows of queries and keys between llama.cpp's order (neighbours turn together) and ours (halves do).
bool has_turned_rows(const GgufArchitecture& family, std::string_view name) {
  return family.query_rows == GgufArchitecture::RowOrder::Pairs &&
         (name.find(".q_proj.") != std::string_view::npos || name.find(".k_proj.") != std::string_view::npos);
}
torch::Tensor swap_row_order(const torch::Tensor& rows, int64_t head_width, int64_t inner) {
  std::vector<int64_t> split = {rows.size(0) / head_width, inner, head_width / inner};
  for (int64_t i = 1; i < rows.dim(); ++i) split.push_back(rows.size(i));
  return rows.view(split).transpose(1, 2).reshape(rows.sizes()).contiguous();
}
torch::Tensor halves_of_pairs(const torch::Tensor& rows, int64_t head_width) {
  return swap_row_order(rows, head_width, head_width / 2);
}
torch::Tensor pairs_of_halves(const torch::Tensor& rows, int64_t head_width) {
  return swap_row_order(rows, head_width, 2);
}

// All rows as fp32, on all threads.
Result<torch::Tensor> read_tensor(const GgufFile& file, const GgufTensorInfo& info) {
  torch::Tensor tensor = torch::empty(info.shape, torch::kFloat32);
  float* values = tensor.data_ptr<float>();
  auto row = static_cast<int64_t>(info.row_elements()), rows = static_cast<int64_t>(info.rows());
  int64_t step = std::max<int64_t>(1, kChunkElements / row);
  std::mutex guard;
  std::optional<Error> failed;
  at::parallel_for(0, (rows + step - 1) / step, 1, [&](int64_t begin, int64_t end) {
    for (int64_t from = begin * step; from < std::min(rows, end * step); from += step) {
      auto count = static_cast<size_t>(std::min(step, rows - from) * row);
      auto got = file.read_rows(info, static_cast<uint64_t>(from), {values + from * row, count});
      std::lock_guard lock(guard);
      if (!got) failed = got.error();
    }
  });
  if (failed) return *failed;
  return tensor;
}

Result<std::vector<float>> read_rope_factors(const GgufFile& file) {
  const GgufTensorInfo* info = file.find(kRopeFactorsTensor);
  if (info == nullptr) return std::vector<float>();
  if (info->shape.size() != 1)
    return bad_gguf_value(kRopeFactorsTensor, format("{} and no vector", shape_text(info->shape)));
  std::vector<float> factors(info->row_elements());
  RETORT_TRY(file.read_rows(*info, 0, factors));
  for (float factor : factors)
    if (!(factor > 0 && factor < 1e6f))
      return bad_gguf_value(kRopeFactorsTensor, format("made of {}", factor));
  return factors;
}

Result<torch::Tensor> read_weight(const GgufFile& file, const std::string& name,
                                  const std::vector<int64_t>& shape, std::unordered_set<std::string>& taken) {
  std::string stored = gguf_name(name).value_or("");
  const GgufTensorInfo* info = file.find(stored);
  if (info == nullptr)
    return Error{ErrorCode::Mismatch, format("it has no tensor {}; get a file with the whole model",
                                             stored.empty() ? name : stored)};
  if (info->shape != shape)
    return Error{ErrorCode::Mismatch, format("tensor {} is {}, its metadata wants {}; get the file again",
                                             stored, shape_text(info->shape), shape_text(shape))};
  taken.insert(stored);
  return read_tensor(file, *info);
}

Result<Decoder> read_decoder(const GgufFile& file, const DecoderConfig& config,
                             const GgufArchitecture& family, torch::ScalarType dtype) {
  Decoder decoder;
  decoder.config = config;
  decoder.layers.resize(static_cast<size_t>(config.layers));
  std::unordered_set<std::string> taken = {std::string(kRopeFactorsTensor)};
  for (auto& [name, weight] : named_weights(decoder)) {
    torch::Tensor rows = RETORT_TRY(read_weight(file, name, weight_shape(config, name), taken));
    if (has_turned_rows(family, name)) rows = halves_of_pairs(rows, config.head_width);
    *weight = rows.to(dtype);
  }
  if (config.tied) decoder.head_VD = decoder.embedding_VD;
  for (const GgufTensorInfo& info : file.tensors())
    if (!taken.contains(info.name))
      return Error{ErrorCode::InvalidArgument,
                   format("it has a tensor {}, which this build's decoder does not; use another model",
                          terminal_safe(info.name, 80))};
  return decoder;
}

Result<GgufModel> load(const GgufFile& file, torch::ScalarType dtype) {
  GgufModel model;
  std::vector<float> factors = RETORT_TRY(read_rope_factors(file));
  model.config = RETORT_TRY(config_of_gguf({kGgufVersion, file.metadata(), file.tensors()}, factors));
  DecoderConfig config = RETORT_TRY(parse_decoder_config(model.config));
  // A layer costs little until its tensors are read, but a claim of thousands should find them first.
  if (static_cast<size_t>(config.layers) > file.tensors().size())
    return Error{ErrorCode::Mismatch,
                 format("its metadata has {} layers, and it holds {} tensors; get it again", config.layers,
                        file.tensors().size())};
  std::string name = RETORT_TRY(file.metadata().text("general.architecture"));
  const GgufArchitecture* family = RETORT_TRY(find_gguf_architecture(name));
  model.decoder = RETORT_TRY(read_decoder(file, config, *family, dtype));
  return model;
}

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

Result<GgufModel> load_gguf_model(const GgufFile& file, torch::ScalarType dtype) {
  Result<GgufModel> model = load(file, dtype);
  if (!model) return file.blame(model.error());
  return model;
}

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
