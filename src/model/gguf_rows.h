// The rows of queries and keys between llama.cpp's order (neighbours of a head turn by one angle) and ours
// (its halves do).
#pragma once

#include <string_view>

#include "gguf/architecture.h"
#include "nn/torch.h"

namespace retort {

// Whether that weight (by its Hugging Face name) lies in the other order in a GGUF file of the family.
bool has_turned_rows(const GgufArchitecture& family, std::string_view name);
torch::Tensor halves_of_pairs(const torch::Tensor& rows, int64_t head_width);
torch::Tensor pairs_of_halves(const torch::Tensor& rows, int64_t head_width);

}  // namespace retort
