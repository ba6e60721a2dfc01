#include "model/folder.h"

#include <unordered_map>

#include "base/utf8.h"
#include "model/config_json.h"
#include "model/family.h"
#include "model/layout.h"
#include "model/weight_files.h"

namespace retort {
namespace {

using Weights = std::unordered_map<std::string, torch::Tensor>;

// The index and the shards must tell the same: a tensor in another file than the index says may be an old
// one.
Result<void> check_index(const WeightFiles& found, const std::unordered_map<std::string, size_t>& held) {
  for (const auto& [name, file] : found.tensors) {
    auto at = held.find(name);
    if (at == held.end() || at->second != file)
      return Error{ErrorCode::Malformed,
                   format("{}: weight_map puts {} into {}, which does not hold it", kIndexFile,
                          terminal_safe(name, 80), found.files[file].string())};
  }
  return {};
}

Result<Weights> read_weights(const Path& folder) {
  WeightFiles found = RETORT_TRY(find_weight_files(folder));
  Weights weights;
  std::unordered_map<std::string, size_t> held;
  for (size_t file = 0; file < found.files.size(); ++file)
    for (auto& [name, tensor] : RETORT_TRY(map_safetensors(found.files[file]))) {
      held.emplace(name, file);
      if (!weights.emplace(name, std::move(tensor)).second)
        return Error{ErrorCode::Malformed,
                     format("{}: the tensor {} comes twice", folder.string(), terminal_safe(name, 80))};
    }
  RETORT_TRY(check_index(found, held));
  return weights;
}

std::string shape_text(torch::IntArrayRef shape) {
  std::string text;
  for (int64_t size : shape) text += format("{}{}", text.empty() ? "" : "x", size);
  return text;
}

Result<torch::Tensor> take_tensor(Weights& weights, const std::string& name,
                                  const std::vector<int64_t>& shape) {
  auto found = weights.find(name);
  if (found == weights.end())
    return Error{ErrorCode::Mismatch,
                 format("the model has no tensor {}; its files do not fit its config.json", name)};
  torch::Tensor tensor = std::move(found->second);
  weights.erase(found);
  if (tensor.sizes() != torch::IntArrayRef(shape) || !tensor.is_floating_point())
    return Error{
        ErrorCode::Mismatch,
        format("{} is {} and {}, config.json wants real numbers in {}; get both from the same model", name,
               shape_text(tensor.sizes()), tensor.is_floating_point() ? "real" : "whole", shape_text(shape))};
  return tensor;
}

// Old LLaMA folders carry RoPE's constants, and some a head although it is tied; anything else would be
// weights that we do not apply.
Result<void> check_leftover(const Weights& weights, const DecoderConfig& config) {
  for (const auto& [name, tensor] : weights) {
    if (name.ends_with(".rotary_emb.inv_freq") || (config.tied && name == "lm_head.weight")) continue;
    return Error{
        ErrorCode::InvalidArgument,
        format("the model has a tensor {}, which a {} of this config.json does not; its answers would be "
               "wrong without it",
               terminal_safe(name, 80), traits_of(config.family).model_type)};
  }
  return {};
}

Result<Decoder> assemble(const DecoderConfig& config, Weights& weights, torch::ScalarType dtype) {
  Decoder decoder;
  decoder.config = config;
  decoder.layers.resize(static_cast<size_t>(config.layers));
  for (StoredTensor& stored : stored_tensors(decoder)) {
    torch::Tensor whole = RETORT_TRY(take_tensor(weights, stored.name, stored_shape(config, stored)));
    int64_t row = 0;
    for (auto& [name, weight] : stored.parts) {
      int64_t rows = weight_shape(config, name)[0];
      *weight = whole.narrow(0, row, rows).to(dtype);
      row += rows;
    }
  }
  if (config.tied) decoder.head_VD = decoder.embedding_VD;
  RETORT_TRY(check_leftover(weights, config));
  return decoder;
}

Result<ModelFolder> load(const Path& folder, torch::ScalarType dtype) {
  std::error_code error;
  if (std::filesystem::exists(folder / "adapter_config.json", error) &&
      !std::filesystem::exists(folder / "config.json", error))
    return Error{
        ErrorCode::InvalidArgument,
        "this is an adapter, no model; merge it first: retort export ITS_BASE --adapter THIS --out MERGED"};
  ModelFolder model;
  model.config = RETORT_TRY(read_folder_json(folder / "config.json"));
  DecoderConfig config = RETORT_TRY(parse_decoder_config(model.config));
  Weights weights = RETORT_TRY(read_weights(folder));
  model.decoder = RETORT_TRY(assemble(config, weights, dtype));
  return model;
}

}  // namespace

Result<ModelFolder> load_model_folder(const Path& folder, torch::ScalarType dtype) {
  Result<ModelFolder> model = load(folder, dtype);
  if (model || model.error().message.find(folder.string()) != std::string::npos) return model;
  return Error{model.error().code, format("{}: {}", folder.string(), model.error().message)};
}

}  // namespace retort
