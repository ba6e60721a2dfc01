// A Hugging Face model folder in and out: config.json, model.safetensors (or shards with an index). Reading
// checks every offset and shape; never pickle. A folder keeps its own family's config and names.
#pragma once

#include "base/file.h"
#include "base/json.h"
#include "model/decoder.h"

namespace retort {

struct ModelFolder {
  Decoder decoder;
  Json config;  // the whole config.json, so that what we do not understand is kept on saving
};
// NotFound, Malformed, InvalidArgument (an architecture we do not have; the message names it), Mismatch
// (shape against config). Weights of the type asked for stay in the mapped file (map_safetensors); others are
// converted one by one.
Result<ModelFolder> load_model_folder(const Path& folder, torch::ScalarType dtype = torch::kFloat32);

// As config.json names it: "float32", "bfloat16" or "float16".
std::string_view dtype_name(torch::ScalarType dtype);

constexpr int64_t kShardBytesMax = 5'000'000'000;  // as `transformers` 4 cuts
// Writes the weights, in shards of at most so many bytes where one file would be longer (a single tensor may
// be), then config.json, each atomically; then removes weights that an earlier save left. `extra` members
// replace ours in config.json.
Result<void> save_model_folder(const Path& folder, Decoder& decoder, const Json& extra,
                               torch::ScalarType dtype, int64_t shard_bytes_max = kShardBytesMax);

using NamedTensorList = std::vector<std::pair<std::string, torch::Tensor>>;
// safetensors: name -> tensor, contiguous, in the order given. The reader maps no memory beyond what the
// header proves to exist.
Result<NamedTensorList> read_safetensors(const Path& path);
// The same without a copy: the tensors are the file's own pages, read when they are first used. What is
// written to them never reaches the file. The file may be replaced (as we save) or removed meanwhile, but not
// be shortened in place: the kernel would end the process.
Result<NamedTensorList> map_safetensors(const Path& path);
Result<void> write_safetensors(const Path& path, const NamedTensorList& tensors,
                               const Json& metadata = Json::object());

}  // namespace retort
