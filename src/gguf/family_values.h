// What a GGUF file says of one family alone, beyond sizes, RoPE and token ids, and what llama.cpp takes for
// granted of it and no file says.
#pragma once

#include "gguf/architecture.h"

namespace retort {

// `config` has the sizes and the global RoPE.
Result<void> set_family_values(const GgufArchitecture& family, const GgufMetadata& metadata, Json& config);
void add_family_values(const GgufArchitecture& family, const Json& config, GgufMetadata& metadata);

}  // namespace retort
