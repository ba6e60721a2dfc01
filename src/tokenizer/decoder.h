// How token texts become text again: the member "decoder" of a tokenizer.json, a chain of steps over the list
// of tokens, joined at the end.
//   SentencePiece's: "▁Hi", "▁", "<0xC3>", "<0xA9>" -> "Hi é"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace retort {

struct TextDecoder {
  enum class Kind { Replace, ByteFallback, Fuse, Strip, ByteLevel, Metaspace };
  struct Step {
    Kind kind = Kind::Fuse;
    std::string from, to;        // Replace: both. Strip, Metaspace: the character `from`.
    size_t start = 0, stop = 0;  // Strip: at most so many at the start and the end of each token
    bool drops_first = false;    // Metaspace: no space for the marks of the first token
  };
  std::vector<Step> steps;
  bool joins_with_spaces = false;  // no decoder at all: tokens are words

  std::string decode(std::vector<std::string> tokens) const;
  // A decoder whose text of tokens is that of the first ones and that of the others put together.
  bool by_token() const { return steps.size() == 1 && steps[0].kind == Kind::ByteLevel; }
};

// The member "decoder" of a tokenizer.json; InvalidArgument names what it does not know.
Result<TextDecoder> parse_decoder(const Json& json);
// The byte that "<0xNN>" stands for, or -1.
int byte_of_fallback(std::string_view token);

}  // namespace retort
