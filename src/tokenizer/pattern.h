// The regular expressions that real tokenizers cut text by, recognised by their text and coded by hand, so
// that cutting is linear in the text and no pattern from a file ever runs (a hostile one can hang a
// backtracking engine). An expression that is not among them is an error.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace retort {

enum class Pattern : uint8_t {
  Gpt2,        // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  Llama3,      // contractions in any case, one character before letters, up to three digits, newlines
  Qwen2,       // the same with single digits
  Qwen35,      // the same with marks among the letters
  O200k,       // gpt-oss: words cut where the case changes, their contractions with them
  Tekken,      // Mistral: the same with single digits and without contractions
  DeepSeek,    // words with their marks, punctuation before ASCII letters; leaves digits and controls out
  Digits1to3,  // \p{N}{1,3}
  Kana,        // DeepSeek's [一-龥぀-ゟ゠-ヿ]+
  Digit,       // \p{N}
  Digits,      // \p{N}+
  Spaces,      // \s+
};

// InvalidArgument for an expression that is not known.
Result<Pattern> parse_pattern(std::string_view expression);

// Where the match that starts at byte `at` ends; `at` itself when none starts there. Requires at < size.
size_t match_end(Pattern pattern, std::string_view text, size_t at);

}  // namespace retort
