// config.json of a Hugging Face folder <-> DecoderConfig: which families we read, and what `transformers`
// needs to find in what we write.
#pragma once

#include "base/json.h"
#include "model/decoder.h"

namespace retort {

// InvalidArgument names the architecture or feature that this build does not have; Malformed a size that
// cannot be.
Result<DecoderConfig> parse_decoder_config(const Json& config);
// A LlamaForCausalLM of any `transformers` from 4.43 on (where head_dim came; 5 reads rope_parameters and
// dtype, 4 reads rope_theta and torch_dtype). Token ids are the caller's to add.
Json make_config_json(const DecoderConfig& config, torch::ScalarType dtype);

}  // namespace retort
