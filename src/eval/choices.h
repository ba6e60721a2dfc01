// Which option an answer chooses: by the papers' rules, which misread prose, and by readers that do not. All
// are total; nothing where no choice can be read.
//
//   "Answer: B"                first_letter -> A      robust_letter -> B
//   "Based on the text, (C)."  first_letter -> B      robust_letter -> nothing; "..., the answer is (C)" -> C
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace retort {

// The first capital from A to `last`, wherever it stands: AGIEval's rule (there `last` is F whatever the
// options are), and Orca's and Lion's with the last letter of the item.
std::optional<char> first_letter(std::string_view answer, char last);
// The first digit from 0 to options - 1, wherever it stands.
std::optional<char> first_digit(std::string_view answer, size_t options);

// An option's mark after the last "answer is", "answer:" and the like or in the last \boxed{}; else the mark
// that the answer begins with ("B", "(B)", "B.", "B)", "**B**"); else the one option whose text the answer
// (or what stands after those words) is. A bare letter before a further word counts only after such words,
// and an "A" not even there unless "because" or the like follows: it is an article.
std::optional<char> robust_letter(std::string_view answer, std::span<const std::string> options);
// The same for options that are numbered from 0.
std::optional<char> robust_digit(std::string_view answer, std::span<const std::string> options);

// ---- BBH's free form; `target` as in its files: "(B)", "Yes", "valid", free text ----
// Equal to the target but for case, final full stops, commas, quotes and line ends.
bool free_form_strict(std::string_view answer, std::string_view target);
// What the answer chooses, in the target's own form, where it can be read: the first "(X)" in it; else the
// option whose text it holds; else ": X"; of two words (`words`: those of the task) the first that occurs, or
// what sports_understanding and web_of_lies are answered with ("not plausible", "does not tell the truth").
// With neither options nor words: its first number where the target is one, else its first line. Compare
// with free_form_strict.
std::optional<std::string> free_form_flexible(std::string_view answer, std::string_view target,
                                              std::span<const std::string> options,
                                              std::span<const std::string_view> words);

}  // namespace retort
