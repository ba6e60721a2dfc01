// Token ids to text as they come: never half a character, and together what decoding them all at once gives,
// as long as their bytes are text. Not shared between threads.
//   "Hé" as H, <0xC3>, <0xA9>: add gives "H", "", "é"
#pragma once

#include <string>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace retort {

class StreamDecoder {
 public:
  // `tokenizer` must outlive it.
  explicit StreamDecoder(const Tokenizer& tokenizer, SpecialTokens special = SpecialTokens::Hide)
      : tokenizer_(tokenizer), special_(special) {}
  // The text that is certain now; valid UTF-8, often empty.
  std::string add(int32_t id);
  // What is left at the end: bytes that never became a character, as U+FFFD.
  std::string finish();

 private:
  std::string add_bytes(int32_t id);
  std::string add_in_context(int32_t id);

  const Tokenizer& tokenizer_;
  SpecialTokens special_;
  std::string bytes_;            // by token: the start of a character
  std::vector<int32_t> window_;  // in context: the tokens said last, then those held back
  size_t said_ = 0;              // of the window
};

}  // namespace retort
