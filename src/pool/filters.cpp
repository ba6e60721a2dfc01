#include "pool/filters.h"

#include <algorithm>

#include "base/words.h"

namespace retort {
namespace {

bool ascii_punctuation(unsigned char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool holds_word_instruction(std::string_view text) {
  constexpr std::string_view word = "instruction";
  auto same = [](char a, char b) { return ascii_lower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace

std::optional<std::string_view> refuse_draft(std::string_view text, Finish finish,
                                             const FilterOptions& options) {
  if (options.refuse_word_instruction && holds_word_instruction(text)) return "holds the word instruction";
  if (finish == Finish::Length) return "cut at the token limit";
  if (finish == Finish::Filter) return "removed by the content filter";
  if (word_count(text) < static_cast<size_t>(std::max(options.words_min, 1))) return "too few words";
  auto first = static_cast<unsigned char>(text.front());
  if (options.refuse_punctuation_start && ascii_punctuation(first)) return "starts with punctuation";
  if (options.refuse_non_ascii_start && first >= 0x80) return "starts with a non-ASCII character";
  return std::nullopt;
}

}  // namespace retort
