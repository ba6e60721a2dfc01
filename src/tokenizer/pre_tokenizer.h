// How text is cut into the pieces that BPE then encodes one by one: the member "pre_tokenizer" of a
// tokenizer.json, a chain of steps. Hand-coded, linear in the text.
//   GPT-2's: "it's  3 dogs." -> it 's _ _3 _dogs .
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tokenizer/pattern.h"

namespace retort {

// Where a piece of text stands: what opens a text may get a space put before it.
enum class Place { TextStart, Later, Continuation };

struct PreTokenizer {
  enum class Kind { Pattern, Literal, Metaspace, PrefixSpace, Punctuation, Words };
  // What becomes of a match: a piece of its own, gone, or part of a neighbour.
  enum class Behavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous };
  enum class Prepend { Always, First, Never };
  struct Step {
    Kind kind = Kind::Pattern;
    retort::Pattern pattern = retort::Pattern::Gpt2;
    std::string text;  // Literal: what is looked for. Metaspace: what stands for a space.
    Behavior behavior = Behavior::Isolated;
    Prepend prepend = Prepend::Never;
    bool cuts = true;  // Metaspace: at every mark
  };
  std::vector<Step> steps;
  bool byte_level = false;  // pieces are sequences of bytes to BPE

  // Text that steps made up; it must live as long as the pieces.
  using Made = std::deque<std::string>;
  // Appends the pieces in order; without steps that add or remove text they are together the text.
  void split(std::string_view text, Place place, Made& made, std::vector<std::string_view>& pieces) const;
};

PreTokenizer gpt2_pre_tokenizer();
// The member "pre_tokenizer" of a tokenizer.json; InvalidArgument names what it does not know.
Result<PreTokenizer> parse_pre_tokenizer(const Json& json);

}  // namespace retort
