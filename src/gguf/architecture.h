// What GGUF calls things and what Hugging Face calls them: families, the values in config.json, and tensors
// by name. Text and numbers alone; whether a family can be run is for whoever runs it.
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
  // Where a layer's norms stand decides what they are called: before each part, or behind it (too).
  enum class Norms { Before, Behind } norms = Norms::Before;
  enum class NormWeight { Plain, PlusOne } norm_weight = NormWeight::Plain;  // PlusOne: Gemma's 1 + weight
  // The window is the family's own and llama.cpp follows it; elsewhere it is kept in the file and not used.
  bool has_window = false;
};
// By general.architecture, or by config.json's model_type; InvalidArgument lists what is known.
Result<const GgufArchitecture*> find_gguf_architecture(std::string_view name);
Result<const GgufArchitecture*> find_model_type(std::string_view model_type);

// "model.layers.3.self_attn.q_proj.weight" -> "blk.3.attn_q.weight"; none for a name that is in no table.
std::optional<std::string> gguf_name(const GgufArchitecture& architecture,
                                     std::string_view hugging_face_name);

// What llama.cpp divides each frequency of a head's rotated part by: scalings that are stored as tensors.
// Empty where there is none.
struct GgufRopeFactors {
  std::vector<float> all;             // Llama 3's scaling
  std::vector<float> within, beyond;  // LongRoPE's, within the original context and beyond it
};
struct GgufRopeTensor {
  std::string_view name;
  std::vector<float> GgufRopeFactors::*factors;
};
constexpr GgufRopeTensor kRopeTensors[] = {{"rope_freqs.weight", &GgufRopeFactors::all},
                                           {"rope_factors_short.weight", &GgufRopeFactors::within},
                                           {"rope_factors_long.weight", &GgufRopeFactors::beyond}};

// config.json as `transformers` wants it. Malformed and NotFound name the key.
Result<Json> config_of_gguf(const GgufHeader& header, const GgufRopeFactors& rope_factors);
// The other way, without tokenizer and file type. InvalidArgument for a family or a rope scaling that GGUF
// has no words for; what else it cannot say shows when it is read back.
Result<GgufMetadata> gguf_of_config(const Json& config, const std::string& model_name);
GgufRopeFactors rope_factors_of(const Json& config);

}  // namespace retort
