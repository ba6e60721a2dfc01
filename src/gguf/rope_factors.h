// Rope scaling between config.json and GGUF. Llama 3's is stored as a tensor: the factor that each frequency
// is divided by, 1 for the fast ones, `factor` for the slow ones, and a blend between (Llama 3.1's release
// code). LongRoPE has two such tensors.
#pragma once

#include "base/json.h"
#include "gguf/metadata.h"

namespace retort {

// A file's float stands for the shortest decimal that is that float (1e-05, not 9.99999974e-06).
double meant_by_float(double value);
// Of a head, and what of it is rotated (Phi-3: partial_rotary_factor of it).
int64_t head_width_of(const Json& config);
int64_t rotated_width_of(const Json& config);
// rope_theta wherever `transformers` 4 and 5 put it; 10,000 when they do not.
double rope_base_of(const Json& config);
// Adds <prefix>.rope.scaling.* for linear, yarn and longrope; nothing for llama3, whose tensor says all.
// InvalidArgument for other types.
Result<void> add_rope_scaling(const Json& config, const std::string& prefix, GgufMetadata& metadata);
// The "llama3" scaling whose factors these are; InvalidArgument when none fits.
Result<Json> scaling_of_factors(const std::vector<float>& factors, double base);

}  // namespace retort
