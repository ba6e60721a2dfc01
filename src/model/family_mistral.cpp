// Mistral: LLaMA's shape, and in 7B v0.1 a sliding window in every layer.
#include "model/config_rope.h"
#include "model/family.h"

namespace retort {
namespace {

Result<void> read(const Json& config, DecoderConfig& c) {
  c.activation = RETORT_TRY(read_activation(config, "hidden_act", "silu"));
  set_windows(RETORT_TRY(read_window(config, 4'096)), c);
  return read_rope(config, rope_members(config), 10'000, c);
}

void write(const DecoderConfig& c, Json& config) { config.set("sliding_window", window_or_null(c)); }

}  // namespace

const FamilyTraits kMistral = {.family = Family::Mistral,
                               .model_type = "mistral",
                               .architecture = "MistralForCausalLM",
                               .defaults = {.kv_heads = 8, .context = 131'072},
                               .read = read,
                               .write = write};

}  // namespace retort
