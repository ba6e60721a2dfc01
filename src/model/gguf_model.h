// A decoder in and out of a GGUF file. Reading makes real numbers of whatever bits the file holds; writing
// streams a tensor at a time, so that it costs no second model in memory.
#pragma once

#include "base/json.h"
#include "gguf/file.h"
#include "gguf/mix.h"
#include "model/decoder.h"

namespace retort {

struct GgufModel {
  Decoder decoder;
  Json config;  // as config.json would have it
};
// InvalidArgument (a family or type that this build does not have), Malformed, Mismatch (shapes against the
// sizes in the metadata); the message names file and field.
Result<GgufModel> load_gguf_model(const GgufFile& file, torch::ScalarType dtype = torch::kFloat32);

// `config` as in config.json; `metadata` brings whatever else the file is to hold (tokenizer.*).
// InvalidArgument for a family that GGUF is not known for here and for weights that the type cannot hold.
Result<void> save_gguf_model(const Path& path, Decoder& decoder, const Json& config,
                             const GgufMetadata& metadata, GgufMix mix);

}  // namespace retort
