#include "model/folder.h"

#include <set>
#include <unordered_map>

#include "base/utf8.h"
#include "model/config_json.h"

namespace retort {
namespace {

using Weights = std::unordered_map<std::string, torch::Tensor>;

constexpr size_t kConfigBytesMax = size_t{64} << 20;

Result<Json> read_json(const Path& path) {
  std::string text = RETORT_TRY(read_file(path, kConfigBytesMax));
  Result<Json> json = parse_json(text);
  if (!json) return Error{json.error().code, format("{}: {}", path.string(), json.error().message)};
  return json;
}

// A shard is a plain name in the folder. A link may lead to the hub cache's blobs, nowhere else outside.
Result<Path> shard_path(const Path& folder, const std::string& name) {
  Error outside{ErrorCode::Malformed,
                format("model.safetensors.index.json names \"{}\", which is no file of {}",
                       terminal_safe(name, 80), folder.string())};
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return outside;
  std::error_code error;
  Path home = std::filesystem::canonical(folder, error);
  Path file = std::filesystem::canonical(folder / name, error);
  if (error) return system_error("open", folder / name, error.value());
  Path blobs = home.parent_path().parent_path() / "blobs";
  if (file.parent_path() != home && file.parent_path() != blobs) return outside;
  return file;
}

Result<std::vector<Path>> weight_files(const Path& folder) {
  Path index = folder / "model.safetensors.index.json";
  std::error_code error;
  if (!std::filesystem::exists(index, error)) return std::vector<Path>{folder / "model.safetensors"};
  Json json = RETORT_TRY(read_json(index));
  std::set<std::string> names;
  for (const auto& [weight, file] : json.at_path("weight_map").members()) names.emplace(file.string_or(""));
  if (names.empty() || names.size() > 10'000)
    return Error{ErrorCode::Malformed, format("{}: weight_map names {} files", index.string(), names.size())};
  std::vector<Path> files;
  for (const std::string& name : names) files.push_back(RETORT_TRY(shard_path(folder, name)));
  return files;
}

Result<Weights> read_weights(const Path& folder) {
  Weights weights;
  for (const Path& file : RETORT_TRY(weight_files(folder)))
    for (auto& [name, tensor] : RETORT_TRY(read_safetensors(file)))
      if (!weights.emplace(name, std::move(tensor)).second)
        return Error{ErrorCode::Malformed, format("{}: the tensor {} comes twice", folder.string(), name)};
  return weights;
}

std::string shape_text(torch::IntArrayRef shape) {
  std::string text;
  for (int64_t size : shape) text += format("{}{}", text.empty() ? "" : "x", size);
  return text;
}

Result<torch::Tensor> take_weight(Weights& weights, const std::string& name,
                                  const std::vector<int64_t>& shape, torch::ScalarType dtype) {
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
  return tensor.to(dtype);
}

// Old LLaMA folders carry RoPE's constants, and some a head although it is tied; anything else would be
// weights that we do not apply.
Result<void> check_leftover(const Weights& weights, bool tied) {
  for (const auto& [name, tensor] : weights) {
    if (name.ends_with(".rotary_emb.inv_freq") || (tied && name == "lm_head.weight")) continue;
    return Error{
        ErrorCode::InvalidArgument,
        format("the model has a tensor {}, which this build's decoder does not; use a LLaMA-shaped model",
               terminal_safe(name, 80))};
  }
  return {};
}

Result<Decoder> assemble(const DecoderConfig& config, Weights& weights, torch::ScalarType dtype) {
  Decoder decoder;
  decoder.config = config;
  decoder.layers.resize(static_cast<size_t>(config.layers));
  for (auto& [name, tensor] : named_weights(decoder))
    *tensor = RETORT_TRY(take_weight(weights, name, weight_shape(config, name), dtype));
  if (config.tied) decoder.head_VD = decoder.embedding_VD;
  if (auto known = check_leftover(weights, config.tied); !known) return known.error();
  return decoder;
}

}  // namespace

Result<ModelFolder> load_model_folder(const Path& folder, torch::ScalarType dtype) {
  ModelFolder model;
  model.config = RETORT_TRY(read_json(folder / "config.json"));
  DecoderConfig config = RETORT_TRY(parse_decoder_config(model.config));
  Weights weights = RETORT_TRY(read_weights(folder));
  model.decoder = RETORT_TRY(assemble(config, weights, dtype));
  return model;
}

Result<void> save_model_folder(const Path& folder, Decoder& decoder, const Json& extra,
                               torch::ScalarType dtype) {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (auto& [name, tensor] : named_weights(decoder)) tensors.emplace_back(name, tensor->detach().to(dtype));
  Json metadata = Json::object().set("format", "pt");  // transformers refuses files without it
  if (auto written = write_safetensors(folder / "model.safetensors", tensors, metadata); !written)
    return written;
  // A sharded model that was here before would win over ours.
  std::error_code ignored;
  std::filesystem::remove(folder / "model.safetensors.index.json", ignored);
  Json config = make_config_json(decoder.config, dtype);
  for (const auto& [name, value] : extra.members()) config.set(name, value);
  return write_file_atomic(folder / "config.json", config.dump(2) + "\n");
}

}  // namespace retort
