#include "gguf/family_values.h"

#include <cmath>

#include "gguf/rope_factors.h"

namespace retort {
namespace {

constexpr const char *kScoreCap = "attn_logit_softcapping", *kLogitCap = "final_logit_softcapping";

std::string key_of(const GgufArchitecture& family, std::string_view name) {
  return format("{}.{}", family.name, name);
}

Result<void> set_softcap(const GgufArchitecture& family, const GgufMetadata& metadata, const char* name,
                         double other, Json& config) {
  const double cap = meant_by_float(RETORT_TRY(metadata.number_or(key_of(family, name), other)));
  config.set(name, cap > 0 ? Json(cap) : Json());
  return {};
}

// Scores are divided by the square root of a head's width; in the largest model, which llama.cpp knows by its
// layers, of the width that a head would have if all of them made up the model's.
void set_gemma(int64_t layers_of_largest, Json& config) {
  config.set("hidden_act", "gelu_pytorch_tanh").set("hidden_activation", "gelu_pytorch_tanh");
  const bool is_largest = config.at_path("num_hidden_layers").integer_or(0) == layers_of_largest;
  config.set("query_pre_attn_scalar", is_largest ? Json(config.at_path("hidden_size").integer_or(0) /
                                                        config.at_path("num_attention_heads").integer_or(1))
                                                 : config.at_path("head_dim"));
}

Result<void> set_gemma2(const GgufArchitecture& family, const GgufMetadata& metadata, Json& config) {
  set_gemma(46, config);
  if (config.find("sliding_window") == nullptr) config.set("sliding_window", 4'096);
  RETORT_TRY(set_softcap(family, metadata, kScoreCap, 50, config));
  return set_softcap(family, metadata, kLogitCap, 30, config);
}

Result<void> set_gemma3(const GgufArchitecture& family, const GgufMetadata& metadata, Json& config) {
  set_gemma(62, config);
  config.set(kScoreCap, nullptr).set("sliding_window_pattern", 6);
  const std::string local = key_of(family, "rope.freq_base_swa");
  config.set("rope_local_base_freq", meant_by_float(RETORT_TRY(metadata.number_or(local, 10'000))));
  return set_softcap(family, metadata, kLogitCap, 0, config);
}

// The share of a head that is rotated, such that readers who cut the product off find the width again.
Result<void> set_phi3(const GgufArchitecture& family, const GgufMetadata& metadata, Json& config) {
  const int64_t head = config.at_path("head_dim").integer_or(0);
  const int64_t turned =
      RETORT_TRY(metadata.integer_or(key_of(family, "rope.dimension_count"), 2, head, head));
  const double share = static_cast<double>(turned) / static_cast<double>(head);
  config.set("partial_rotary_factor", turned < head ? std::nextafter(share, 1.0) : 1.0);
  const int64_t context = config.at_path("max_position_embeddings").integer_or(0);
  config.set("original_max_position_embeddings",
             Json(RETORT_TRY(metadata.integer_or(key_of(family, "rope.scaling.original_context_length"), 1,
                                                 int64_t{1} << 30, context))));
  return {};
}

void add_softcap(const GgufArchitecture& family, const char* name, const Json& config,
                 GgufMetadata& metadata) {
  if (const Json& cap = config.at_path(name); cap.is_number())
    metadata.add_number(key_of(family, name), cap.number_or(0));
}

}  // namespace

Result<void> set_family_values(const GgufArchitecture& family, const GgufMetadata& metadata, Json& config) {
  config.set("hidden_act", "silu");
  if (family.name == "gemma2") return set_gemma2(family, metadata, config);
  if (family.name == "gemma3") return set_gemma3(family, metadata, config);
  if (family.name == "phi3") return set_phi3(family, metadata, config);
  if (family.name == "olmo2" && config.find("sliding_window") != nullptr)
    return Error{
        ErrorCode::InvalidArgument,
        "olmo2.attention.sliding_window is there, so it is an OLMo 3, which this build does not have; "
        "use another model"};
  return {};
}

void add_family_values(const GgufArchitecture& family, const Json& config, GgufMetadata& metadata) {
  if (family.name == "gemma2") add_softcap(family, kScoreCap, config, metadata);
  if (family.name == "gemma2" || family.name == "gemma3") add_softcap(family, kLogitCap, config, metadata);
  if (family.name == "gemma3")
    metadata.add_number(key_of(family, "rope.freq_base_swa"),
                        config.at_path("rope_local_base_freq").number_or(10'000));
}

}  // namespace retort
