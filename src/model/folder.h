// A Hugging Face model folder in and out: config.json, model.safetensors (or shards with an index). Reading
// checks every offset and shape; never pickle.
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
// (shape against config).
Result<ModelFolder> load_model_folder(const Path& folder, torch::ScalarType dtype = torch::kFloat32);
// Writes config.json and model.safetensors (files first, config.json last), each atomically. `extra` members
// replace ours in config.json.
Result<void> save_model_folder(const Path& folder, Decoder& decoder, const Json& extra,
                               torch::ScalarType dtype);

// safetensors: name -> tensor, contiguous, in the order given. The reader maps no memory beyond what the
// header proves to exist.
Result<std::vector<std::pair<std::string, torch::Tensor>>> read_safetensors(const Path& path);
Result<void> write_safetensors(const Path& path,
                               const std::vector<std::pair<std::string, torch::Tensor>>& tensors,
                               const Json& metadata = Json::object());

}  // namespace retort
