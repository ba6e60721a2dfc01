// Qwen2 and Qwen2.5: biases on queries, keys and values; where use_sliding_window is set, a window in the
// layers from max_window_layers on.
#include <algorithm>

#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family_qwen.h"

namespace retort {
namespace {

bool slides(size_t index, int64_t first) { return static_cast<int64_t>(index) >= first; }

Result<void> read(const Json& config, DecoderConfig& c) {
  c.query_key_value_bias = true;
  return read_qwen(config, c);
}

}  // namespace

Result<void> read_qwen(const Json& config, DecoderConfig& c) {
  c.activation = RETORT_TRY(read_activation(config, "hidden_act", "silu"));
  if (RETORT_TRY(read_flag_or(config, "use_sliding_window", false))) {
    int64_t window = RETORT_TRY(read_window(config, 4'096));
    const Json& first = config.at_path("max_window_layers");
    RETORT_TRY(read_layer_types(config, window, slides, first.integer_or(28), c));
    // A model of fewer layers than that has no window at all, as one that never asked for any.
    if (std::all_of(c.layer_kinds.begin(), c.layer_kinds.end(),
                    [](const LayerKind& k) { return k.window == 0; }))
      c.layer_kinds.clear();
  }
  return read_rope(config, rope_members(config), 10'000, c);
}

void write_qwen(const DecoderConfig& c, Json& config) {
  Json window = window_or_null(c);
  config.set("use_sliding_window", !window.is_null()).set("sliding_window", window);
  // transformers 4 knows max_window_layers alone: the layers before the first with a window.
  int64_t first = 0;
  while (first < c.layers && c.layer_kind(static_cast<size_t>(first)).window == 0) ++first;
  config.set("max_window_layers", first).set("layer_types", layer_types_of(c));
}

const FamilyTraits kQwen2 = {.family = Family::Qwen2,
                             .model_type = "qwen2",
                             .architecture = "Qwen2ForCausalLM",
                             .defaults = {.kv_heads = 32, .context = 32'768},
                             .read = read,
                             .write = write_qwen};

}  // namespace retort
