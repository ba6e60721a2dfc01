// Gemma 2: softcaps on scores and logits, a sliding window in every other layer.
#include <cmath>

#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family_gemma.h"

namespace retort {
namespace {

constexpr double kSoftcapMax = 1e6;

// The first layer has the window.
bool slides(size_t index, int64_t) { return index % 2 == 0; }

Result<void> read(const Json& config, DecoderConfig& c) {
  // Absent is the class's default, null is off.
  if (config.find("attn_logit_softcapping") == nullptr) c.attention_softcap = 50;
  if (config.find("final_logit_softcapping") == nullptr) c.final_softcap = 30;
  RETORT_TRY(read_gemma(config, c));
  RETORT_TRY(read_layer_types(config, RETORT_TRY(read_window(config, kGemmaWindow)), slides, 2, c));
  return read_rope(config, rope_members(config), 10'000, c);
}

}  // namespace

Result<void> read_gemma(const Json& config, DecoderConfig& c) {
  if (RETORT_TRY(read_flag_or(config, "use_bidirectional_attention", false)))
    return unsupported_config("attention that is not causal");
  c.norm_placement = NormPlacement::Both;
  c.norm_weight = NormWeight::OnePlus;
  c.activation = RETORT_TRY(read_activation(config, "hidden_activation", "gelu_pytorch_tanh"));
  c.query_key_value_bias = c.output_bias = RETORT_TRY(read_flag_or(config, "attention_bias", false));
  c.embedding_scale = std::sqrt(static_cast<double>(c.width));
  int64_t scalar = RETORT_TRY(read_size_or(config, "query_pre_attn_scalar", 1 << 30, 256));
  c.query_scale = 1 / std::sqrt(static_cast<double>(scalar));
  c.attention_softcap =
      RETORT_TRY(read_positive_or(config, "attn_logit_softcapping", kSoftcapMax, c.attention_softcap));
  c.final_softcap =
      RETORT_TRY(read_positive_or(config, "final_logit_softcapping", kSoftcapMax, c.final_softcap));
  return {};
}

void write_gemma(const DecoderConfig& c, Json& config) {
  auto cap = [](double value) { return value > 0 ? Json(value) : Json(); };
  config.set("hidden_activation", config.at_path("hidden_act")).set("attention_bias", c.query_key_value_bias);
  double scalar = 1 / (c.score_scale() * c.score_scale());
  // A whole number: transformers 5 takes nothing else.
  config.set("query_pre_attn_scalar", Json(static_cast<int64_t>(std::llround(scalar))));
  config.set("attn_logit_softcapping", cap(c.attention_softcap));
  config.set("final_logit_softcapping", cap(c.final_softcap));
  // transformers wants a number even where no layer has a window.
  const Json window = window_or_null(c);
  config.set("sliding_window", window.is_null() ? Json(kGemmaWindow) : window);
  config.set("layer_types", layer_types_of(c));
}

const FamilyTraits kGemma2 = {.family = Family::Gemma2,
                              .model_type = "gemma2",
                              .architecture = "Gemma2ForCausalLM",
                              .defaults = {.kv_heads = 4, .head_width = 256, .context = 8'192, .tied = true},
                              .read = read,
                              .write = write_gemma};

}  // namespace retort
