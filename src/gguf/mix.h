// Which type each tensor of a written file gets: one for all, or llama.cpp's mixture Q4_K_M, which spends
// more bits where they pay.
#pragma once

#include <optional>

#include "gguf/writer.h"

namespace retort {

enum class GgufMix { F32, F16, BF16, Q8_0, Q4_K_M };
// "f32", "f16", "bf16", "q8_0", "q4_k_m"; InvalidArgument lists them.
Result<GgufMix> parse_gguf_mix(std::string_view name);
// What llama.cpp calls it in general.file_type.
int64_t gguf_file_type(GgufMix mix);

struct GgufMixContext {
  GgufMix mix = GgufMix::F32;
  int64_t layers = 0;
  bool tied = true;  // the embedding is the head too, and gets the head's bits
};
// Norms, biases and other vectors stay F32. A row that a type's blocks do not divide falls back as
// llama.cpp's quantiser does: Q4_K to Q5_0, Q6_K to Q8_0, and those to F16.
GgufTensorType tensor_type_in(const GgufMixContext& context, std::string_view gguf_name,
                              const std::vector<int64_t>& shape);

}  // namespace retort
