// OLMo 2: norms behind attention and the feed-forward layer and none before, norms over all queries and all
// keys.
#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family.h"

namespace retort {
namespace {

Result<void> read(const Json& config, DecoderConfig& c) {
  c.norm_placement = NormPlacement::After;
  c.norm_weight = NormWeight::Wide;
  c.query_key_norm = QueryKeyNorm::Whole;
  c.activation = RETORT_TRY(read_activation(config, "hidden_act", "silu"));
  c.query_key_value_bias = c.output_bias = RETORT_TRY(read_flag_or(config, "attention_bias", false));
  return read_rope(config, rope_members(config), 10'000, c);
}

void write(const DecoderConfig& c, Json& config) { config.set("attention_bias", c.query_key_value_bias); }

}  // namespace

const FamilyTraits kOlmo2 = {.family = Family::Olmo2,
                             .model_type = "olmo2",
                             .architecture = "Olmo2ForCausalLM",
                             .defaults = {.norm_epsilon = 1e-5},
                             .read = read,
                             .write = write};

}  // namespace retort
