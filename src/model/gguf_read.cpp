#include <mutex>
#include <optional>
#include <unordered_set>

#include "base/utf8.h"
#include "model/config_json.h"
#include "model/gguf_model.h"
#include "model/gguf_rows.h"
#include "model/layout.h"

namespace retort {
namespace {

constexpr int64_t kChunkElements = 1 << 20;  // read at once

std::string shape_text(torch::IntArrayRef shape) {
  std::string text;
  for (int64_t size : shape) text += format("{}{}", text.empty() ? "" : "x", size);
  return text;
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

Result<std::vector<float>> read_rope_factors(const GgufFile& file, std::string_view name) {
  const GgufTensorInfo* info = file.find(name);
  if (info == nullptr) return std::vector<float>();
  if (info->shape.size() != 1)
    return bad_gguf_value(name, format("{} and no vector", shape_text(info->shape)));
  std::vector<float> factors(info->row_elements());
  RETORT_TRY(file.read_rows(*info, 0, factors));
  for (float factor : factors)
    if (!(factor > 0 && factor < 1e6f)) return bad_gguf_value(name, format("made of {}", factor));
  return factors;
}

Result<torch::Tensor> read_stored(const GgufFile& file, const std::string& stored,
                                  const std::vector<int64_t>& shape) {
  const GgufTensorInfo* info = file.find(stored);
  if (info == nullptr)
    return Error{ErrorCode::Mismatch, format("it has no tensor {}; get a file with the whole model", stored)};
  if (info->shape != shape)
    return Error{ErrorCode::Mismatch, format("tensor {} is {}, its metadata wants {}; get the file again",
                                             stored, shape_text(info->shape), shape_text(shape))};
  return read_tensor(file, *info);
}

Result<Decoder> read_decoder(const GgufFile& file, const DecoderConfig& config,
                             const GgufArchitecture& family, torch::ScalarType dtype) {
  Decoder decoder;
  decoder.config = config;
  decoder.layers.resize(static_cast<size_t>(config.layers));
  std::unordered_set<std::string> taken;
  for (const GgufRopeTensor& rope : kRopeTensors) taken.emplace(rope.name);
  for (auto& [name, parts] : stored_tensors(decoder)) {
    const std::string stored = gguf_name(family, name).value_or(name);
    torch::Tensor rows = RETORT_TRY(read_stored(file, stored, stored_shape(config, {name, parts})));
    rows = as_hugging_face_has(family, name, rows, config.head_width).to(dtype);
    taken.insert(stored);
    int64_t begin = 0;
    for (auto& [part, weight] : parts) {
      const int64_t size = weight_shape(config, part)[0];
      *weight = parts.size() == 1 ? rows : rows.slice(0, begin, begin + size).clone();
      begin += size;
    }
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
  GgufRopeFactors factors;
  for (const GgufRopeTensor& rope : kRopeTensors)
    factors.*rope.factors = RETORT_TRY(read_rope_factors(file, rope.name));
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

}  // namespace

Result<GgufModel> load_gguf_model(const GgufFile& file, torch::ScalarType dtype) {
  Result<GgufModel> model = load(file, dtype);
  if (!model) return file.blame(model.error());
  return model;
}

}  // namespace retort
