// SmolLM3: LLaMA's shape, but every fourth layer rotates nothing (no_rope_layers holds a 1 for a layer that
// rotates).
#include "base/format.h"
#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family.h"

namespace retort {
namespace {

Result<void> read_rotating_layers(const Json& config, DecoderConfig& c) {
  const Json& rotating = config.at_path("no_rope_layers");
  int64_t period = RETORT_TRY(read_size_or(config, "no_rope_layer_interval", 1 << 20, 4));
  size_t layers = static_cast<size_t>(c.layers);
  if (!rotating.is_null() && rotating.items().size() < layers)
    return Error{ErrorCode::Malformed, format("config.json: no_rope_layers has {} entries for {} layers",
                                              rotating.items().size(), layers)};
  c.layer_kinds.resize(layers);
  for (size_t i = 0; i < layers; ++i) {
    bool rotates = rotating.is_null()
                       ? static_cast<int64_t>(i + 1) % period != 0
                       : rotating.items()[i].integer_or(0) != 0 || rotating.items()[i].bool_or(false);
    c.layer_kinds[i].rope = rotates ? LayerRope::Global : LayerRope::None;
  }
  return {};
}

// Without layer_types, the layers that do not rotate have the window.
Result<void> read_sliding_layers(const Json& config, DecoderConfig& c) {
  if (!RETORT_TRY(read_flag_or(config, "use_sliding_window", false))) return {};
  int64_t window = RETORT_TRY(read_window(config, 0));
  if (!config.at_path("layer_types").is_null())
    return read_layer_types(
        config, window, [](size_t, int64_t) { return false; }, 0, c);
  for (LayerKind& kind : c.layer_kinds)
    if (kind.rope == LayerRope::None) kind.window = window;
  return {};
}

Result<void> read(const Json& config, DecoderConfig& c) {
  c.activation = RETORT_TRY(read_activation(config, "hidden_act", "silu"));
  RETORT_TRY(read_biases(config, c));
  RETORT_TRY(read_rotating_layers(config, c));
  RETORT_TRY(read_sliding_layers(config, c));
  return read_rope(config, rope_members(config), 2'000'000, c);
}

void write(const DecoderConfig& c, Json& config) {
  write_biases(c, config);
  Json rotating = Json::array(), window = window_or_null(c);
  for (size_t i = 0; i < static_cast<size_t>(c.layers); ++i)
    rotating.push(c.layer_kind(i).rope == LayerRope::None ? 0 : 1);
  config.set("no_rope_layers", rotating).set("use_sliding_window", !window.is_null());
  config.set("sliding_window", window).set("layer_types", layer_types_of(c));
}

}  // namespace

const FamilyTraits kSmolLm3 = {.family = Family::SmolLm3,
                               .model_type = "smollm3",
                               .architecture = "SmolLM3ForCausalLM",
                               .defaults = {.kv_heads = 4, .context = 32'768, .tied = true},
                               .read = read,
                               .write = write};

}  // namespace retort
