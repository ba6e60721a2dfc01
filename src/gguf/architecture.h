// What GGUF calls things and what Hugging Face calls them: families, the sizes in config.json, and tensors by
// name. Text and numbers alone; whether a family can be run is for whoever runs it.
#pragma once

#include <optional>

#include "base/json.h"
#include "gguf/header.h"

namespace retort {

struct GgufArchitecture {
  std::string_view name;        // general.architecture, and the prefix of its keys
  std::string_view model_type;  // config.json
  std::string_view class_name;  // config.json's architectures
  // llama.cpp turns neighbours (2i, 2i+1) of a head by one angle, Hugging Face i and i + half: such a
  // family's query and key rows are stored in llama.cpp's order.
  enum class RowOrder { Halves, Pairs } query_rows = RowOrder::Halves;
};
// By general.architecture, or by config.json's model_type; InvalidArgument lists what is known.
Result<const GgufArchitecture*> find_gguf_architecture(std::string_view name);
Result<const GgufArchitecture*> find_model_type(std::string_view model_type);

// "blk.3.attn_q.weight" <-> "model.layers.3.self_attn.q_proj.weight"; none for a name that is in no table.
std::optional<std::string> hugging_face_name(std::string_view gguf_name);
std::optional<std::string> gguf_name(std::string_view hugging_face_name);

// config.json as `transformers` wants it. Malformed and NotFound name the key. Llama 3's rope scaling is
// stored as a tensor of factors: `rope_factors` (empty when the file has none) gives it back.
Result<Json> config_of_gguf(const GgufHeader& header, const std::vector<float>& rope_factors);
// The other way, without tokenizer and file type. InvalidArgument for what GGUF cannot say.
Result<GgufMetadata> gguf_of_config(const Json& config, const std::string& model_name);

constexpr std::string_view kRopeFactorsTensor = "rope_freqs.weight";
// What llama.cpp divides each of head_dim / 2 frequencies by; empty without rope scaling of the type
// "llama3".
std::vector<float> rope_factors_of(const Json& config);

}  // namespace retort
