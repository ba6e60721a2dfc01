// What Qwen2 and Qwen3 share.
#pragma once

#include "model/family.h"

namespace retort {

Result<void> read_qwen(const Json& config, DecoderConfig& c);
void write_qwen(const DecoderConfig& c, Json& config);

}  // namespace retort
