#include "eval/choices.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/words.h"

namespace retort {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<char> first_between(std::string_view answer, char low, char high) {
  for (char c : answer)
    if (c >= low && c <= high) return c;
  return std::nullopt;
}

std::string_view without(std::string_view text, std::string_view characters) {
  const size_t first = text.find_first_not_of(characters);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(characters) - first + 1);
}
constexpr std::string_view kDecoration = " \t\r\n*_`\"'$";

// Behind a bare letter, words that show it is no article.
bool is_no_article(std::string_view rest) {
  constexpr std::array<std::string_view, 7> kWords = {"because", "since", "as", "for", "and", "which", "due"};
  rest = trim(rest);
  const std::string word = lower(rest.substr(0, rest.find_first_of(" ,.;:\n")));
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

enum class Place { Start, AfterCue };

// The mark that the text begins with, under decoration and "option" or "choice".
std::optional<char> leading_mark(std::string_view text, char first, char last, Place place) {
  text.remove_prefix(std::min(text.find_first_not_of(kDecoration), text.size()));
  for (std::string_view word : {"option ", "choice ", "answer "})
    if (lower(text.substr(0, word.size())) == word) text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(kDecoration), text.size()));
  const bool opened = text.starts_with('(') || text.starts_with('[');
  if (opened) text.remove_prefix(1);
  if (text.empty() || text[0] < first || text[0] > last) return std::nullopt;
  const char mark = text[0];
  const std::string_view rest = text.substr(1);
  if (opened) return rest.starts_with(')') || rest.starts_with(']') ? std::optional(mark) : std::nullopt;
  if (rest.empty() || std::string_view(").:]}*`\n\r").find(rest[0]) != std::string_view::npos) {
    // "3.5" and "1:30" are no marks.
    return rest.size() > 1 && is_alnum(rest[1]) && std::isdigit(static_cast<unsigned char>(mark))
               ? std::nullopt
               : std::optional(mark);
  }
  if (place == Place::Start) return std::nullopt;
  if (rest[0] == ',' || rest[0] == ';') return mark;
  const bool spaced = rest[0] == ' ' || rest[0] == '\t';
  if (spaced && (mark != 'A' || is_no_article(rest) || trim(rest).empty() || trim(rest)[0] == '('))
    return mark;
  return std::nullopt;
}

// Where the answer says what it concludes: after the last of these words. Nothing when it has none.
std::optional<std::string_view> conclusion(std::string_view answer) {
  const std::string small = lower(answer);
  size_t begin = std::string::npos;
  for (std::string_view cue : {"answer is", "answer:", "answer would be", "answer should be", "option is",
                               "choice is", "\\boxed{", "answer to the question is"})
    if (const size_t at = small.rfind(cue); at != small.npos)
      begin = begin == std::string::npos ? at + cue.size() : std::max(begin, at + cue.size());
  if (begin == std::string::npos) return std::nullopt;
  std::string_view rest = answer.substr(begin);
  const size_t text = rest.find_first_not_of(" \t\r\n:*");
  return text == rest.npos ? std::string_view() : rest.substr(text);
}

// The option that this text is, a closing full stop aside.
std::optional<size_t> option_that_is(std::string_view text, std::span<const std::string> options) {
  const std::string wanted = lower(without(text, " \t\r\n.*_`\"'"));
  std::optional<size_t> found;
  for (size_t i = 0; i < options.size(); ++i)
    if (!wanted.empty() && lower(without(options[i], " \t\r\n.*_`\"'")) == wanted) {
      if (found) return std::nullopt;
      found = i;
    }
  return found;
}

std::optional<char> robust_mark(std::string_view answer, std::span<const std::string> options, char first) {
  if (options.empty()) return std::nullopt;
  const char last = static_cast<char>(first + static_cast<char>(options.size()) - 1);
  auto mark_of = [&](size_t index) { return static_cast<char>(first + static_cast<char>(index)); };
  const std::optional<std::string_view> concluded = conclusion(answer);
  if (concluded) {
    if (const auto mark = leading_mark(*concluded, first, last, Place::AfterCue)) return mark;
    if (const auto option = option_that_is(concluded->substr(0, concluded->find('\n')), options))
      return mark_of(*option);
  }
  if (const auto mark = leading_mark(answer, first, last, Place::Start)) return mark;
  if (const auto option = option_that_is(answer, options)) return mark_of(*option);
  return std::nullopt;
}

std::string plain(std::string_view text) {
  std::string out;
  for (char c : lower(text))
    if (std::string_view(",\n\r\"'`").find(c) == std::string_view::npos) out += c;
  std::string_view shown = trim(out);
  while (shown.ends_with('.')) shown = trim(shown.substr(0, shown.size() - 1));
  return std::string(shown);
}

// The place of `word` as a whole word in `text`, both lower-case.
size_t find_word(std::string_view text, std::string_view word) {
  for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_alnum(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_alnum(text[at + word.size()]);
    if (begins && ends) return at;
  }
  return text.npos;
}

// What else means the first word or the second one.
std::optional<size_t> paraphrase(const std::string& small) {
  for (std::string_view no : {"not plausible", "implausible", "does not tell the truth",
                              "doesn't tell the truth", "is lying", "lies", "not true"})
    if (small.find(no) != small.npos) return 1;
  for (std::string_view yes : {"plausible", "tells the truth", "does tell the truth", "is true"})
    if (small.find(yes) != small.npos) return 0;
  return std::nullopt;
}

std::optional<std::string> flexible_word(std::string_view answer, std::span<const std::string_view> words) {
  const std::string small = lower(answer);
  size_t best = small.npos;
  std::string_view chosen;
  for (std::string_view word : words)
    if (const size_t at = find_word(small, lower(word)); at < best) best = at, chosen = word;
  if (!chosen.empty()) return std::string(chosen);
  if (const auto meant = paraphrase(small); meant && *meant < words.size()) return std::string(words[*meant]);
  return std::nullopt;
}

std::optional<std::string> flexible_letter(std::string_view answer, std::span<const std::string> options) {
  const char last = static_cast<char>('A' + static_cast<char>(options.size()) - 1);
  auto mark = [](char letter) { return std::string{'(', letter, ')'}; };
  for (size_t at = answer.find('('); at != answer.npos; at = answer.find('(', at + 1))
    if (at + 2 < answer.size() && answer[at + 2] == ')' && answer[at + 1] >= 'A' && answer[at + 1] <= last)
      return mark(answer[at + 1]);
  const std::string small = lower(answer);
  std::optional<size_t> held;
  for (size_t i = 0; i < options.size(); ++i) {
    const std::string text = lower(options[i]);
    if (text.empty() || find_word(small, text) == small.npos) continue;
    // Of two that it holds, one within the other, the longer is meant.
    if (!held || options[i].size() > options[*held].size()) held = i;
  }
  if (held) return mark(static_cast<char>('A' + static_cast<char>(*held)));
  if (const auto letter = robust_letter(answer, options)) return mark(*letter);
  for (size_t at = answer.find(": "); at != answer.npos; at = answer.find(": ", at + 1))
    if (at + 2 < answer.size() && answer[at + 2] >= 'A' && answer[at + 2] <= last &&
        (at + 3 == answer.size() || !is_alnum(answer[at + 3])))
      return mark(answer[at + 2]);
  return std::nullopt;
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::optional<std::string> first_integer(std::string_view answer) {
  const size_t at = answer.find_first_of("0123456789");
  if (at == answer.npos) return std::nullopt;
  const size_t end = std::min(answer.find_first_not_of("0123456789", at), answer.size());
  const bool negative = at > 0 && answer[at - 1] == '-';
  return std::string(answer.substr(negative ? at - 1 : at, end - at + (negative ? 1 : 0)));
}

}  // namespace

std::optional<char> first_letter(std::string_view answer, char last) {
  return first_between(answer, 'A', last);
}

std::optional<char> first_digit(std::string_view answer, size_t options) {
  return first_between(answer, '0', static_cast<char>('0' + std::min<size_t>(options, 10) - 1));
}

std::optional<char> robust_letter(std::string_view answer, std::span<const std::string> options) {
  return robust_mark(answer, options, 'A');
}

std::optional<char> robust_digit(std::string_view answer, std::span<const std::string> options) {
  return robust_mark(answer, options.first(std::min<size_t>(options.size(), 10)), '0');
}

bool free_form_strict(std::string_view answer, std::string_view target) {
  return plain(answer) == plain(target);
}

std::optional<std::string> free_form_flexible(std::string_view answer, std::string_view target,
                                              std::span<const std::string> options,
                                              std::span<const std::string_view> words) {
  if (!words.empty()) return flexible_word(answer, words);
  if (!options.empty()) return flexible_letter(answer, options);
  if (is_integer(target)) return first_integer(answer);
  const std::string_view text = trim(answer);
  if (text.empty()) return std::nullopt;
  return std::string(trim(text.substr(0, text.find('\n'))));
}

}  // namespace retort
