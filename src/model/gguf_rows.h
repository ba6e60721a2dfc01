// A weight's values between llama.cpp's way and Hugging Face's: the rows of queries and keys (neighbours of a
// head turn by one angle, or its halves do), and norms (1 + weight, or the weight).
#pragma once

#include <string_view>

#include "gguf/architecture.h"
#include "nn/torch.h"

namespace retort {

// `name` is the weight's Hugging Face name.
torch::Tensor as_hugging_face_has(const GgufArchitecture& family, std::string_view name,
                                  const torch::Tensor& rows, int64_t head_width);
torch::Tensor as_llama_cpp_has(const GgufArchitecture& family, std::string_view name,
                               const torch::Tensor& rows, int64_t head_width);

}  // namespace retort
