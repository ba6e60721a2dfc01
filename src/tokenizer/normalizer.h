// What is done to text before it is cut: the member "normalizer" of a tokenizer.json, a chain of steps.
// SentencePiece's: "Prepend ▁, Replace ' ' by ▁" makes "▁Hi▁you" of "Hi you".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tokenizer/pre_tokenizer.h"

namespace retort {

struct Normalizer {
  enum class Kind { Prepend, Replace, Nfc, Nfd, Lowercase, StripLeft, StripRight };
  struct Step {
    Kind kind = Kind::Nfc;
    std::string from, to;  // Replace: both; Prepend: `to`
  };
  std::vector<Step> steps;
  // Requires valid UTF-8. Text that continues another gets nothing put before it.
  std::string apply(std::string_view text, Place place) const;
};

// The member "normalizer" of a tokenizer.json; InvalidArgument names what it does not know.
Result<Normalizer> parse_normalizer(const Json& json);

}  // namespace retort
