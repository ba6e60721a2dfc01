// Learns a byte-level BPE tokenizer from texts and writes it as a tokenizer.json that `tokenizers` loads:
// the pair of tokens that stands together most often merges, again and again. Deterministic: of pairs that
// are equally frequent the one with the lesser ids merges first (left before right), as in `tokenizers`'
// BpeTrainer; ids are the special tokens, the 256 bytes in the order of their characters, the merges.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace retort {

struct BpeTraining {
  int64_t vocabulary =
      32'000;             // tokens to end with, special tokens and bytes included; fewer when text runs out
  int64_t count_min = 2;  // a pair that stands together less often never merges
  std::vector<std::string> special_tokens;
};

// Text is cut by GPT-2's pattern. InvalidArgument for a vocabulary that does not hold the bytes and special
// tokens.
Result<std::string> train_byte_level_json(std::span<const std::string> texts, const BpeTraining& options);

}  // namespace retort
