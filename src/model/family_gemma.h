// What Gemma 2 and Gemma 3 share.
#pragma once

#include "model/family.h"

namespace retort {

constexpr int64_t kGemmaWindow = 4'096;  // where config.json does not say

// Norms before and after each part with 1 + weight, GELU, scaled embeddings, scores scaled by
// query_pre_attn_scalar and softcaps; all but layers and RoPE.
Result<void> read_gemma(const Json& config, DecoderConfig& c);
void write_gemma(const DecoderConfig& c, Json& config);

}  // namespace retort
