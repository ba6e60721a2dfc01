// GGUF's blocks to real numbers and back: a row at a time, plain spans, one thread. The layouts are facts of
// the format (docs/formats/gguf.md); how a block's scales are searched follows llama.cpp's reference
// quantisers, so that a file of ours is as good as one of theirs.
#pragma once

#include <span>

#include "gguf/format.h"

namespace retort {

// `blocks` has exactly the bytes that values.size() elements take; values.size() is a multiple of the block.
void dequantise_row(GgufTensorType type, std::span<const uint8_t> blocks, std::span<float> values);
// The inverse, for F32, F16, BF16, Q8_0, Q5_0, Q4_K, Q5_K and Q6_K. Finite values only: what is not is the
// caller's to refuse.
void quantise_row(GgufTensorType type, std::span<const float> values, std::span<uint8_t> blocks);

}  // namespace retort
