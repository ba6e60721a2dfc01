// How text is cut before BPE: hand-coded, linear in the text, no regular expressions (a hostile pattern can
// hang a backtracking engine). Exactly GPT-2's pattern
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// with an optional step before it that sets every digit apart (SmolLM). "it's  3 dogs." -> it 's _ _3 _dogs .
#pragma once

#include <functional>
#include <string_view>

#include "base/json.h"

namespace retort {

enum class Digits { Grouped, Apart };

struct PreTokenizer {
  Digits digits = Digits::Grouped;
  // Calls `piece` for each piece in order; together they are the text. Ill-formed bytes count as punctuation.
  void split(std::string_view text, const std::function<void(std::string_view)>& piece) const;
};

// The member "pre_tokenizer" of a tokenizer.json; InvalidArgument names what it does not know.
Result<PreTokenizer> parse_pre_tokenizer(const Json& json);

}  // namespace retort
