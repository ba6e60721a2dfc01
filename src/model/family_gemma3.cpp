// Gemma 3, text only (gemma3_text: 270M and 1B, and what is cut out of the larger ones): norms on each head's
// queries and keys, five layers with a window and a RoPE of their own to one that sees all.
#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family_gemma.h"

namespace retort {
namespace {

bool slides(size_t index, int64_t period) { return (static_cast<int64_t>(index) + 1) % period != 0; }

// transformers 5 has rope_parameters a kind of layer; 4 has rope_theta, rope_scaling and
// rope_local_base_freq.
Result<void> read_ropes(const Json& config, DecoderConfig& c) {
  const Json& global = config.at_path("rope_parameters/full_attention");
  const Json& local = config.at_path("rope_parameters/sliding_attention");
  if (std::string_view type = local.at_path("rope_type").string_or("default"); type != "default")
    return unsupported_config("rope scaling in layers with a window");
  double base = RETORT_TRY(read_positive_or(config, "rope_local_base_freq", 1e12, 10'000));
  c.local_rope_base = RETORT_TRY(read_positive_or(local, "rope_theta", 1e12, base));
  const Json& scaling = config.at_path("rope_scaling");
  return read_rope(config, scaling.size() > 0 ? scaling : global, 1'000'000, c);
}

Result<void> read(const Json& config, DecoderConfig& c) {
  c.query_key_norm = QueryKeyNorm::PerHead;
  RETORT_TRY(read_gemma(config, c));
  int64_t window = RETORT_TRY(read_window(config, kGemmaWindow));
  int64_t period = RETORT_TRY(read_size_or(config, "sliding_window_pattern", 1 << 20, 6));
  if (window == 0) return unsupported_config("gemma3 without a sliding_window");
  RETORT_TRY(read_layer_types(config, window, slides, period, c));
  for (LayerKind& kind : c.layer_kinds) kind.rope = kind.window > 0 ? LayerRope::Local : LayerRope::Global;
  return read_ropes(config, c);
}

void write(const DecoderConfig& c, Json& config) {
  write_gemma(c, config);
  Json ropes = Json::object();
  ropes.set("full_attention", make_rope_members(c.rope_base, c.rope_scaling));
  ropes.set("sliding_attention", make_rope_members(c.local_rope_base, {}));
  config.set("rope_parameters", ropes).set("rope_local_base_freq", c.local_rope_base);
}

}  // namespace

const FamilyTraits kGemma3 = {
    .family = Family::Gemma3,
    .model_type = "gemma3_text",
    .architecture = "Gemma3ForCausalLM",
    .defaults = {.kv_heads = 4, .head_width = 256, .context = 131'072, .tied = true},
    .read = read,
    .write = write};

}  // namespace retort
