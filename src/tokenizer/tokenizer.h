// Text <-> token ids, from a Hugging Face tokenizer.json. This first size reads and writes byte-level BPE
// (with merges, or with `ignore_merges` and whole words as the practice student uses) and added special
// tokens; the rest of the zoo comes with the real families. decode(encode(x)) == x for every valid UTF-8
// text. encode never yields a special token for text that merely spells one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace retort {

class Tokenizer {
 public:
  // Reads tokenizer.json. Malformed, or InvalidArgument for a kind it does not know (the message names it).
  static Result<std::unique_ptr<Tokenizer>> load(const Path& tokenizer_json);
  static Result<std::unique_ptr<Tokenizer>> parse(std::string_view tokenizer_json);
  virtual ~Tokenizer() = default;

  virtual std::vector<int32_t> encode(std::string_view text) const = 0;
  // Special tokens and ids that no token has are left out; may cut a character: see replace_invalid_utf8.
  virtual std::string decode(std::span<const int32_t> ids) const = 0;
  virtual int32_t size() const = 0;                          // the vocabulary with added tokens
  virtual int32_t special(std::string_view text) const = 0;  // id of an added special token, or -1
  virtual const std::string& json() const = 0;               // the text of its tokenizer.json
};

// A tokenizer of whole words (specs/practice_world §2): the 256 bytes, then `words`, then the special tokens;
// everything else is spelled in single bytes. A word "dog" is the token " dog", the form that the
// pre-tokenizer makes of it after a space. Returns the text of a tokenizer.json that Hugging Face's
// `tokenizers` loads and encodes the same with.
std::string make_word_tokenizer_json(std::span<const std::string> words,
                                     std::span<const std::string> special_tokens);
// The practice student's: kEnglishWords (english_words.h) and the tokens of the "practice" template.
std::string practice_tokenizer_json();

}  // namespace retort
