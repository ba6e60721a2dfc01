#include "pool/filters.h"

#include <algorithm>
#include <array>
#include <string>

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

constexpr std::array<std::string_view, 21> kUnanswerable = {
    "image",  "images", "graph", "graphs",  "picture",   "pictures", "file",
    "files",  "map",    "maps",  "draw",    "plot",      "go to",    "video",
    "videos", "audio",  "music", "diagram", "flowchart", "diagrams", "flowcharts"};

// The words of `text` in lower case, one blank between them and at both ends.
std::string spaced_words(std::string_view text) {
  std::string out = " ";
  for (char c : text) {
    c = ascii_lower(c);
    const bool part =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (part || out.back() != ' ') out += part ? c : ' ';
  }
  return out + " ";
}

bool holds_word(std::string_view text, std::span<const std::string_view> words) {
  if (words.empty()) return false;
  const std::string spaced = spaced_words(text);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return spaced.find(" " + std::string(word) + " ") != spaced.npos;
  });
}

}  // namespace

std::span<const std::string_view> unanswerable_words() { return kUnanswerable; }

std::optional<std::string_view> refuse_draft(std::string_view text, Finish finish,
                                             const FilterOptions& options) {
  if (options.refuse_word_instruction && holds_word_instruction(text)) return "holds the word instruction";
  if (finish == Finish::Length) return "cut at the token limit";
  if (finish == Finish::Filter) return "removed by the content filter";
  if (word_count(text) < static_cast<size_t>(std::max(options.words_min, 1))) return "too few words";
  if (options.words_max > 0 && word_count(text) > static_cast<size_t>(options.words_max))
    return "too many words";
  if (holds_word(text, options.refuse_words)) return "needs more than text";
  if (options.refuse_program_start && text.starts_with("Write a program")) return "asks for a program";
  auto first = static_cast<unsigned char>(text.front());
  if (options.refuse_punctuation_start && ascii_punctuation(first)) return "starts with punctuation";
  if (options.refuse_non_ascii_start && first >= 0x80) return "starts with a non-ASCII character";
  return std::nullopt;
}

}  // namespace retort
