// Phi-3, Phi-3.5 and Phi-4 (mini): LLaMA's shape with joined projections in the files, part of a head
// rotated, LongRoPE.
#include "model/config_members.h"
#include "model/config_rope.h"
#include "model/family.h"

namespace retort {
namespace {

Result<void> read(const Json& config, DecoderConfig& c) {
  c.activation = RETORT_TRY(read_activation(config, "hidden_act", "silu"));
  set_windows(RETORT_TRY(read_window(config, 0)), c);
  return read_rope(config, rope_members(config), 10'000, c);
}

void write(const DecoderConfig& c, Json& config) {
  double share =
      c.rotated_width > 0 ? static_cast<double>(c.rotated_width) / static_cast<double>(c.head_width) : 1.0;
  config.set("partial_rotary_factor", share).set("sliding_window", window_or_null(c));
  for (const char* rope : {"rope_scaling", "rope_parameters"}) {
    Json members = config.at_path(rope);
    if (members.is_object()) config.set(rope, members.set("partial_rotary_factor", share));
  }
  int64_t original = static_cast<int64_t>(c.rope_scaling.original_context);
  config.set("original_max_position_embeddings", original > 0 ? original : c.context);
}

}  // namespace

const FamilyTraits kPhi3 = {.family = Family::Phi3,
                            .model_type = "phi3",
                            .architecture = "Phi3ForCausalLM",
                            .defaults = {.context = 4'096, .norm_epsilon = 1e-5},
                            .read = read,
                            .write = write,
                            .joins_projections = true};

}  // namespace retort
