// A template's source as tokens, white space control applied (trim_blocks and lstrip_blocks on, as
// `transformers` renders chat templates).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retort::jinja {

struct Token {
  // Data: text outside of tags. Open/Close: {{ }} and {% %}. Sign: an operator or bracket.
  enum class Kind {
    Data,
    OpenOutput,
    CloseOutput,
    OpenBlock,
    CloseBlock,
    Name,
    Integer,
    Float,
    String,
    Sign,
    End
  };
  Kind kind = Kind::End;
  std::string text;
  int line = 1;
};

// Throws Failure for what is no template.
std::vector<Token> read_tokens(std::string_view source);

}  // namespace retort::jinja
