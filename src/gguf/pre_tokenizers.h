// llama.cpp's names for how text is cut before byte-level BPE (tokenizer.ggml.pre), and what the same cut is
// called in a tokenizer.json.
#pragma once

#include <span>

#include "base/json.h"

namespace retort {

struct GgufPreTokenizer {
  std::string_view name;     // tokenizer.ggml.pre
  std::string_view pattern;  // a Split before ByteLevel; empty: ByteLevel's own (GPT-2's)
  enum class Digits { Grouped, Apart } digits = Digits::Grouped;
  enum class Whole { Merged, Kept } whole_words = Whole::Merged;  // Kept: ignore_merges
  enum class Form { Kept, Nfc } form = Form::Kept;                // the normalizer
};

// nullptr for a name that is not known. Several names may mean the same cut.
const GgufPreTokenizer* find_pre_tokenizer(std::string_view name);
Json pre_tokenizer_json(const GgufPreTokenizer& pre);

// The cut that a tokenizer.json describes; InvalidArgument when llama.cpp has no name for it. SpacedLetters:
// every token is a single byte, or a space and letters.
enum class TokenTexts { Any, SpacedLetters };
Result<const GgufPreTokenizer*> recognise_pre_tokenizer(const Json& tokenizer, TokenTexts texts);

}  // namespace retort
