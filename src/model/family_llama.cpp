// LLaMA 1, 2 and 3, and all that took its shape unchanged (SmolLM and SmolLM2, Yi, TinyLlama).
#include "model/config_rope.h"
#include "model/family.h"

namespace retort {
namespace {

Result<void> read(const Json& config, DecoderConfig& c) {
  c.activation = RETORT_TRY(read_activation(config, "hidden_act", "silu"));
  RETORT_TRY(read_biases(config, c));
  return read_rope(config, rope_members(config), 10'000, c);
}

}  // namespace

const FamilyTraits kLlama = {.family = Family::Llama,
                             .model_type = "llama",
                             .architecture = "LlamaForCausalLM",
                             .defaults = {},
                             .read = read,
                             .write = write_biases};

}  // namespace retort
