#include <algorithm>
#include <cmath>

#include "gguf/family_values.h"
#include "gguf/rope_factors.h"

namespace retort {
namespace {

constexpr int64_t kSizeMax = 1 << 24;

Json number(int64_t value) { return Json(static_cast<long>(value)); }

struct SizeName {
  const char *gguf, *hugging_face;
  bool needed;
};
constexpr SizeName kSizes[] = {{"context_length", "max_position_embeddings", true},
                               {"embedding_length", "hidden_size", true},
                               {"block_count", "num_hidden_layers", true},
                               {"feed_forward_length", "intermediate_size", true},
                               {"attention.head_count", "num_attention_heads", true},
                               {"attention.head_count_kv", "num_key_value_heads", false},
                               {"attention.key_length", "head_dim", false},
                               {"attention.sliding_window", "sliding_window", false}};

Result<void> set_sizes(const GgufMetadata& metadata, std::string_view prefix, Json& config) {
  for (const SizeName& size : kSizes) {
    std::string key = format("{}.{}", prefix, size.gguf);
    if (!size.needed && metadata.find(key) == nullptr) continue;
    config.set(size.hugging_face, number(RETORT_TRY(metadata.integer(key, 1, kSizeMax))));
  }
  if (config.find("head_dim") == nullptr) {
    int64_t heads = config.at_path("num_attention_heads").integer_or(1);
    config.set("head_dim", number(config.at_path("hidden_size").integer_or(0) / heads));
  }
  if (config.find("num_key_value_heads") == nullptr)
    config.set("num_key_value_heads", config.at_path("num_attention_heads"));
  return {};
}

// Phi-3 alone rotates a part.
Result<void> check_rotation(const GgufArchitecture& family, const GgufMetadata& metadata,
                            const Json& config) {
  const std::string rotated = format("{}.rope.dimension_count", family.name);
  const int64_t head_dim = config.at_path("head_dim").integer_or(0);
  const int64_t turned = RETORT_TRY(metadata.integer_or(rotated, 1, kSizeMax, head_dim));
  if (turned == head_dim || family.name == "phi3") return {};
  return Error{ErrorCode::InvalidArgument,
               format("{} is {} of a head's {}: partial rotation is not for this build; use another model",
                      rotated, turned, head_dim)};
}

// What the tensors tell, without a value of their own.
Result<void> set_from_tensors(const GgufHeader& header, const GgufArchitecture& family, Json& config) {
  auto find = [&](std::string_view name) -> const GgufTensorInfo* {
    for (const GgufTensorInfo& tensor : header.tensors)
      if (tensor.name == name) return &tensor;
    return nullptr;
  };
  const GgufTensorInfo* embedding = find("token_embd.weight");
  if (embedding == nullptr || embedding->shape.size() != 2)
    return Error{ErrorCode::Mismatch, "it has no tensor token_embd.weight; get a file with a whole model"};
  config.set("vocab_size", number(embedding->shape[0]));
  config.set("tie_word_embeddings", find("output.weight") == nullptr);
  if (family.name == "llama" && find("blk.0.attn_q.bias") != nullptr) config.set("attention_bias", true);
  if (family.name == "llama" && find("blk.0.ffn_up.bias") != nullptr) config.set("mlp_bias", true);
  return {};
}

Json list_of(const std::vector<float>& values) {
  Json list = Json::array();
  for (float value : values) list.push(meant_by_float(value));
  return list;
}

Result<void> set_rope(const GgufMetadata& metadata, const std::string& prefix, const GgufRopeFactors& factors,
                      Json& config) {
  double base = meant_by_float(RETORT_TRY(metadata.number_or(prefix + ".rope.freq_base", 10'000)));
  config.set("rope_theta", base);
  std::string type = RETORT_TRY(metadata.text_or(prefix + ".rope.scaling.type", "none"));
  Json scaling;
  if (!factors.all.empty()) {
    scaling = RETORT_TRY(scaling_of_factors(factors.all, base));
  } else if (!factors.within.empty() && !factors.beyond.empty()) {
    scaling.set("rope_type", "longrope").set("short_factor", list_of(factors.within));
    scaling.set("long_factor", list_of(factors.beyond));
    const std::string attention = prefix + ".rope.scaling.attn_factor";
    if (metadata.find(attention) != nullptr)
      scaling.set("attention_factor", meant_by_float(RETORT_TRY(metadata.number_or(attention, 1))));
  } else if (type == "linear" || type == "yarn") {
    scaling.set("rope_type", type)
        .set("factor", meant_by_float(RETORT_TRY(metadata.number_or(prefix + ".rope.scaling.factor", 1))));
    std::string original = prefix + ".rope.scaling.original_context_length";
    if (metadata.find(original) != nullptr)
      scaling.set("original_max_position_embeddings",
                  number(RETORT_TRY(metadata.integer(original, 1, kSizeMax))));
  } else if (type != "none") {
    return Error{ErrorCode::InvalidArgument,
                 format("{}.rope.scaling.type is not none, linear or yarn; use another model", prefix)};
  }
  config.set("rope_scaling", std::move(scaling));
  return {};
}

Result<void> set_token_ids(const GgufMetadata& metadata, Json& config) {
  int64_t last = config.at_path("vocab_size").integer_or(0) - 1;
  for (auto [gguf, hugging_face] : {std::pair{"tokenizer.ggml.bos_token_id", "bos_token_id"},
                                    std::pair{"tokenizer.ggml.eos_token_id", "eos_token_id"},
                                    std::pair{"tokenizer.ggml.padding_token_id", "pad_token_id"}})
    if (metadata.find(gguf) != nullptr)
      config.set(hugging_face, number(RETORT_TRY(metadata.integer(gguf, 0, last))));
  return {};
}

}  // namespace

Result<Json> config_of_gguf(const GgufHeader& header, const GgufRopeFactors& rope_factors) {
  const GgufMetadata& metadata = header.metadata;
  std::string name = RETORT_TRY(metadata.text("general.architecture"));
  const GgufArchitecture* known = RETORT_TRY(find_gguf_architecture(name));
  Json config = Json::object();
  config.set("architectures", Json::array().push(known->class_name)).set("model_type", known->model_type);
  RETORT_TRY(set_sizes(metadata, name, config));
  RETORT_TRY(check_rotation(*known, metadata, config));
  RETORT_TRY(set_from_tensors(header, *known, config));
  RETORT_TRY(set_rope(metadata, name, rope_factors, config));
  RETORT_TRY(set_token_ids(metadata, config));
  double epsilon = RETORT_TRY(metadata.number_or(name + ".attention.layer_norm_rms_epsilon", 1e-5));
  if (!(epsilon > 0 && epsilon < 1))
    return bad_gguf_value(name + ".attention.layer_norm_rms_epsilon",
                          format("{}, not between 0 and 1", epsilon));
  config.set("rms_norm_eps", meant_by_float(epsilon));
  RETORT_TRY(set_family_values(*known, metadata, config));
  return config;
}

Result<GgufMetadata> gguf_of_config(const Json& config, const std::string& model_name) {
  const GgufArchitecture* known =
      RETORT_TRY(find_model_type(config.at_path("model_type").string_or("(no model_type)")));
  std::string prefix(known->name);
  GgufMetadata metadata;
  metadata.add_text("general.architecture", prefix);
  metadata.add_text("general.type", "model");
  metadata.add_text("general.name", model_name);
  metadata.add_integer("general.quantization_version", kGgufQuantisationVersion);
  for (const SizeName& size : kSizes) {
    const Json& value = config.at_path(size.hugging_face);
    if (value.is_integer()) metadata.add_integer(format("{}.{}", prefix, size.gguf), value.integer_or(0));
  }
  const int64_t head_dim = head_width_of(config);
  metadata.add_integer(prefix + ".rope.dimension_count", rotated_width_of(config));
  if (metadata.find(prefix + ".attention.key_length") != nullptr)
    metadata.add_integer(prefix + ".attention.value_length", head_dim);
  metadata.add_integer(prefix + ".vocab_size", config.at_path("vocab_size").integer_or(0));
  metadata.add_number(prefix + ".attention.layer_norm_rms_epsilon",
                      config.at_path("rms_norm_eps").number_or(1e-6));
  metadata.add_number(prefix + ".rope.freq_base", rope_base_of(config));
  RETORT_TRY(add_rope_scaling(config, prefix, metadata));
  add_family_values(*known, config, metadata);
  return metadata;
}

}  // namespace retort
