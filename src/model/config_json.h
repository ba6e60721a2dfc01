// config.json of a Hugging Face folder <-> DecoderConfig, for the families of family.h, and what
// `transformers` needs to find in what we write.
#pragma once

#include "base/json.h"
#include "model/decoder_config.h"
#include "nn/torch.h"

namespace retort {

// InvalidArgument names the family or feature that this build does not have; Malformed the member that cannot
// be.
Result<DecoderConfig> parse_decoder_config(const Json& config);
// For any `transformers` from 4.43 on that has the family (5 reads rope_parameters and dtype, 4 reads
// rope_theta, rope_scaling and torch_dtype). Token ids are the caller's to add.
Json make_config_json(const DecoderConfig& config, torch::ScalarType dtype);

}  // namespace retort
