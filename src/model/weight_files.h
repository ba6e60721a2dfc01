// Which files of a Hugging Face folder hold the weights: model.safetensors, or the shards that its index
// names.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace retort {

inline constexpr const char* kWeightsFile = "model.safetensors";
inline constexpr const char* kIndexFile = "model.safetensors.index.json";

struct WeightFiles {
  std::vector<Path> files;
  // Tensor -> the index of its file; empty when there is no index.
  std::vector<std::pair<std::string, size_t>> tensors;
};

// NotFound; InvalidArgument where the folder holds pickled weights alone; Malformed for an index that leads
// out of the folder or names something twice. As in `transformers`, model.safetensors wins over an index
// beside it.
Result<WeightFiles> find_weight_files(const Path& folder);
// A JSON file of the folder, of at most 64 MB; the error names it.
Result<Json> read_folder_json(const Path& path);
// Removes what an earlier save left: weights beside `kept` that an index or the plain name would lead a
// reader to.
void remove_other_weights(const Path& folder, const std::vector<std::string>& kept);

}  // namespace retort
