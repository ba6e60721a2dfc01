#include "base/format.h"
#include "model/config_json.h"
#include "model/folder.h"
#include "model/layout.h"
#include "model/weight_files.h"

namespace retort {

std::string_view dtype_name(torch::ScalarType dtype) {
  return dtype == torch::kBFloat16 ? "bfloat16" : dtype == torch::kFloat16 ? "float16" : "float32";
}

namespace {

int64_t stored_bytes(const DecoderConfig& config, const StoredTensor& stored, torch::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (int64_t size : stored_shape(config, stored)) bytes *= size;
  return bytes;
}

// In order, so many to a file as fit.
std::vector<std::vector<StoredTensor>> cut_into_shards(Decoder& decoder, torch::ScalarType dtype,
                                                       int64_t shard_bytes_max) {
  std::vector<std::vector<StoredTensor>> shards(1);
  int64_t bytes = 0;
  for (StoredTensor& stored : stored_tensors(decoder)) {
    int64_t more = stored_bytes(decoder.config, stored, dtype);
    if (!shards.back().empty() && bytes + more > shard_bytes_max) shards.emplace_back(), bytes = 0;
    bytes += more;
    shards.back().push_back(std::move(stored));
  }
  return shards;
}

// Converted for this file alone, so that a large model is never twice in memory.
Result<void> write_shard(const Path& path, const std::vector<StoredTensor>& shard, torch::ScalarType dtype) {
  NamedTensorList tensors;
  for (const StoredTensor& stored : shard) {
    std::vector<torch::Tensor> parts;
    for (const auto& [name, weight] : stored.parts) parts.push_back(weight->detach().to(dtype));
    tensors.emplace_back(stored.name, parts.size() == 1 ? parts[0] : torch::cat(parts));
  }
  // transformers refuses files without it.
  return write_safetensors(path, tensors, Json::object().set("format", "pt"));
}

Result<void> write_index(const Path& folder, Json map, int64_t bytes) {
  Json index = Json::object();
  index.set("metadata", Json::object().set("total_size", bytes)).set("weight_map", std::move(map));
  return write_file_atomic(folder / kIndexFile, index.dump(2) + "\n");
}

// Returns the names of the files that now hold the weights.
Result<std::vector<std::string>> write_weights(const Path& folder, Decoder& decoder, torch::ScalarType dtype,
                                               int64_t shard_bytes_max) {
  std::vector<std::vector<StoredTensor>> shards = cut_into_shards(decoder, dtype, shard_bytes_max);
  if (shards.size() == 1) {
    RETORT_TRY(write_shard(folder / kWeightsFile, shards[0], dtype));
    return std::vector<std::string>{kWeightsFile};
  }
  std::vector<std::string> names;
  Json map = Json::object();
  int64_t bytes = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    names.push_back(format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size()));
    RETORT_TRY(write_shard(folder / names.back(), shards[i], dtype));
    for (const StoredTensor& stored : shards[i]) {
      map.set(stored.name, names.back());
      bytes += stored_bytes(decoder.config, stored, dtype);
    }
  }
  RETORT_TRY(write_index(folder, std::move(map), bytes));
  names.emplace_back(kIndexFile);
  return names;
}

}  // namespace

Result<void> save_model_folder(const Path& folder, Decoder& decoder, const Json& extra,
                               torch::ScalarType dtype, int64_t shard_bytes_max) {
  std::vector<std::string> files = RETORT_TRY(write_weights(folder, decoder, dtype, shard_bytes_max));
  Json config = make_config_json(decoder.config, dtype_name(dtype));
  for (const auto& [name, value] : extra.members()) config.set(name, value);
  RETORT_TRY(write_file_atomic(folder / "config.json", config.dump(2) + "\n"));
  remove_other_weights(folder, files);
  return {};
}

}  // namespace retort
