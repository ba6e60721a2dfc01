// RoPE in a config.json: `transformers` 4 has rope_theta and rope_scaling, 5 has rope_parameters; we read
// both and write both.
#pragma once

#include "base/json.h"
#include "model/decoder_config.h"

namespace retort {

// The object that holds the scaling of the whole model; null when there is none.
const Json& rope_members(const Json& config);
// Sets base, scaling and rotated width of the global RoPE from `members` and, where they leave something out,
// from `config`; the sizes must be set. `base` is the family's default.
Result<void> read_rope(const Json& config, const Json& members, double base, DecoderConfig& c);
// rope_parameters as `transformers` 5 has it, without partial_rotary_factor.
Json make_rope_members(double base, const RopeScaling& scaling);

}  // namespace retort
