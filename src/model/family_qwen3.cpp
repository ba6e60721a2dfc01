// Qwen3 (dense): a norm on each head's queries and keys, no biases by default.
#include "model/config_members.h"
#include "model/family_qwen.h"

namespace retort {
namespace {

Result<void> read(const Json& config, DecoderConfig& c) {
  c.query_key_norm = QueryKeyNorm::PerHead;
  c.query_key_value_bias = c.output_bias = RETORT_TRY(read_flag_or(config, "attention_bias", false));
  return read_qwen(config, c);
}

void write(const DecoderConfig& c, Json& config) {
  config.set("attention_bias", c.query_key_value_bias);
  write_qwen(c, config);
}

}  // namespace

const FamilyTraits kQwen3 = {.family = Family::Qwen3,
                             .model_type = "qwen3",
                             .architecture = "Qwen3ForCausalLM",
                             .defaults = {.kv_heads = 32, .head_width = 128, .context = 32'768},
                             .read = read,
                             .write = write};

}  // namespace retort
