// The families we run, one file each (family_NAME.cpp): what their config.json says, and what their folders
// call and join. Everything else is shared.
#pragma once

#include <string_view>

#include "base/json.h"
#include "model/decoder_config.h"

namespace retort {

// What a config.json of the family may leave out, as `transformers`' config class fills it in.
struct ConfigDefaults {
  int64_t kv_heads = 0;    // 0: as many as heads
  int64_t head_width = 0;  // 0: width / heads
  int64_t context = 2'048;
  double norm_epsilon = 1e-6;
  bool tied = false;
};

struct FamilyTraits {
  Family family;
  std::string_view model_type, architecture;  // "qwen2", "Qwen2ForCausalLM"
  ConfigDefaults defaults;
  // What is the family's own: called with the sizes set; sets the RoPE and everything behind `family`.
  Result<void> (*read)(const Json& config, DecoderConfig& c);
  // Adds the members that the family has beyond the shared ones.
  void (*write)(const DecoderConfig& c, Json& config);
  // Phi-3: queries, keys and values are one stored tensor, gate and up another.
  bool joins_projections = false;
};

const FamilyTraits& traits_of(Family family);
// nullptr when this build has no such family.
const FamilyTraits* find_family(std::string_view model_type);

extern const FamilyTraits kLlama, kMistral, kQwen2, kQwen3, kSmolLm3, kGemma2, kGemma3, kPhi3, kOlmo2;

// For the families' files.

// attention_bias and mlp_bias as LLaMA has them: all four projections of attention, all three of the
// feed-forward layer.
Result<void> read_biases(const Json& config, DecoderConfig& c);
void write_biases(const DecoderConfig& c, Json& config);
// `member` names the activation: silu or gelu_pytorch_tanh.
Result<Activation> read_activation(const Json& config, std::string_view member, std::string_view other);
// sliding_window; 0 where it is null, `other` where it is absent.
Result<int64_t> read_window(const Json& config, int64_t other);
// Sets `window` on the layers that layer_types calls "sliding_attention", or, where there are no layer_types,
// on those for which `slides(index)` holds.
Result<void> read_layer_types(const Json& config, int64_t window,
                              bool (*slides)(size_t index, int64_t period), int64_t period, DecoderConfig& c);
// Every layer with this window.
void set_windows(int64_t window, DecoderConfig& c);
// layer_types and sliding_window of the config.
Json layer_types_of(const DecoderConfig& c);
Json window_or_null(const DecoderConfig& c);

}  // namespace retort
