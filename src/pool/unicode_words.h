// Words of every script, for near duplicates among texts that rouge_score cannot see: Unicode's letters,
// digits and marks, compared without case and compatibility forms (NFKC and full case folding); all else
// separates, symbols too. Scripts without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese,
// ...) give one token a character, as UAX #29 cuts them. On ASCII text the tokens are rouge_tokens'.
//
// "Où est l'ÉTÉ?" -> "où", "est", "l", "été".   "你好 GPT" -> "你", "好", "gpt".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

// Tokens in decomposed form (NFKD, which tells apart what NFKC does). Ill-formed bytes separate.
std::vector<std::string> unicode_words(std::string_view text);
// The same, one after the other; a view is valid during its call.
void visit_unicode_words(std::string_view text, const std::function<void(std::string_view)>& visit);

}  // namespace retort
