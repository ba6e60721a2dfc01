#include "eval/constraints.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/words.h"

namespace retort {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (is_upper(c)) c = static_cast<char>(c | 0x20);
  return out;
}

std::vector<std::string_view> split(std::string_view text, std::string_view by) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(by, begin);
    parts.push_back(text.substr(begin, end == text.npos ? text.npos : end - begin));
    if (end == text.npos) return parts;
    begin = end + by.size();
  }
}

int64_t occurrences(std::string_view text, std::string_view part) {
  int64_t count = 0;
  for (size_t at = part.empty() ? text.npos : text.find(part); at != text.npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

// As a whole word, both lower-case.
bool holds_word(std::string_view text, std::string_view word) {
  for (size_t at = word.empty() ? text.npos : text.find(word); at != text.npos;
       at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

struct Check {
  const Json& json;
  std::string_view text(std::string_view name) const { return json.at_path(name).string_or(""); }
  int64_t count(std::string_view name) const { return static_cast<int64_t>(json.at_path(name).number_or(0)); }
  // "at least" (also when nothing is said), "less than".
  bool relates(int64_t found, std::string_view number, std::string_view relation) const {
    return text(relation) == "less than" ? found < count(number) : found >= count(number);
  }
};

// ---- length ----
int64_t sentences(std::string_view text) {
  int64_t count = 0;
  bool open = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_word(text[i])) open = true;
    const bool stop = std::string_view(".!?").find(text[i]) != std::string_view::npos;
    const bool at_end =
        i + 1 == text.size() || std::string_view(" \t\r\n\"')").find(text[i + 1]) != std::string_view::npos;
    if (open && ((stop && at_end) || i + 1 == text.size())) ++count, open = false;
  }
  return count;
}

bool paragraphs_by_stars(const Check& check, std::string_view answer) {
  const auto parts = split(answer, "***");
  int64_t count = static_cast<int64_t>(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!trim(parts[i]).empty()) continue;
    if (i != 0 && i + 1 != parts.size()) return false;
    --count;
  }
  return count == check.count("num_paragraphs");
}

bool nth_first_word(const Check& check, std::string_view answer) {
  std::vector<std::string_view> parts;
  for (std::string_view part : split(answer, "\n\n"))
    if (!trim(part).empty()) parts.push_back(trim(part));
  const int64_t nth = check.count("nth_paragraph");
  if (static_cast<int64_t>(parts.size()) != check.count("num_paragraphs") || nth < 1 ||
      nth > static_cast<int64_t>(parts.size()))
    return false;
  std::string_view word = parts[static_cast<size_t>(nth - 1)];
  word = word.substr(0, word.find_first_of(" \t\r\n"));
  word.remove_prefix(std::min(word.find_first_not_of("'\""), word.size()));
  word = word.substr(0, word.find_first_of(".,?!'\""));
  return lower(word) == lower(check.text("first_word"));
}

// ---- layout ----
int64_t bullets(std::string_view answer) {
  int64_t count = 0;
  for (std::string_view line : split(answer, "\n")) {
    line = trim(line);
    if (line.starts_with('-') || (line.starts_with('*') && line.size() > 1 && line[1] != '*')) ++count;
  }
  return count;
}

int64_t highlights(std::string_view answer) {
  int64_t count = 0;
  for (std::string_view line : split(answer, "\n"))
    for (size_t at = line.find('*'); at != line.npos;) {
      const size_t begin = line.find_first_not_of('*', at);
      const size_t end = begin == line.npos ? line.npos : line.find('*', begin);
      if (end == line.npos) break;
      if (trim(line.substr(begin, end - begin)).empty()) {
        at = end;
        continue;
      }
      ++count;
      const size_t behind = line.find_first_not_of('*', end);
      at = behind == line.npos ? line.npos : line.find('*', behind);
    }
  return count;
}

// How often `open` ... `close` stands there with something between, on one line.
int64_t enclosed(std::string_view answer, std::string_view open, std::string_view close) {
  int64_t count = 0;
  for (size_t at = answer.find(open); at != answer.npos;) {
    const size_t begin = at + open.size(), end = answer.find(close, begin);
    if (end == answer.npos) break;
    const std::string_view inner = answer.substr(begin, end - begin);
    const bool counts = inner.find('\n') == inner.npos && !trim(inner).empty();
    count += counts ? 1 : 0;
    at = answer.find(open, counts ? end + close.size() : begin);
  }
  return count;
}

// "SECTION 1" and so on.
int64_t sections(std::string_view answer, std::string_view splitter) {
  int64_t count = 0;
  if (splitter.empty()) return 0;
  for (size_t at = answer.find(splitter); at != answer.npos;
       at = answer.find(splitter, at + splitter.size())) {
    std::string_view rest = answer.substr(at + splitter.size());
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest[0]))) ++count;
  }
  return count;
}

bool is_json(std::string_view answer) {
  std::string_view text = trim(answer);
  for (std::string_view fence : {"```json", "```Json", "```JSON", "```"})
    if (text.starts_with(fence)) {
      text.remove_prefix(fence.size());
      break;
    }
  if (text.ends_with("```")) text.remove_suffix(3);
  return static_cast<bool>(parse_json(trim(text)));
}

// ---- case ----
int64_t capital_words(std::string_view answer) {
  int64_t count = 0;
  for (size_t i = 0; i < answer.size();) {
    size_t end = i;
    bool upper = false, small = false;
    for (; end < answer.size() && (is_word(answer[end]) || answer[end] == '\''); ++end)
      upper = upper || is_upper(answer[end]), small = small || is_lower(answer[end]);
    count += upper && !small ? 1 : 0;
    i = end + 1;
  }
  return count;
}

bool two_responses(std::string_view answer) {
  std::vector<std::string_view> parts;
  const auto all = split(answer, "******");
  for (size_t i = 0; i < all.size(); ++i) {
    if (!trim(all[i]).empty())
      parts.push_back(trim(all[i]));
    else if (i != 0 && i + 1 != all.size())
      return false;
  }
  return parts.size() == 2 && parts[0] != parts[1];
}

bool all_words(const Check& check, std::string_view answer) {
  const std::string small = lower(answer);
  for (const Json& word : check.json.at_path("keywords").items())
    if (small.find(lower(word.string_or(""))) == small.npos) return false;
  return true;
}

bool no_forbidden(const Check& check, std::string_view answer) {
  const std::string small = lower(answer);
  for (const Json& word : check.json.at_path("forbidden_words").items())
    if (holds_word(small, lower(word.string_or("")))) return false;
  return true;
}

bool ends_with_phrase(const Check& check, std::string_view answer) {
  std::string_view text = trim(answer);
  while (text.ends_with('"')) text.remove_suffix(1);
  return lower(trim(text)).ends_with(lower(trim(check.text("end_phrase"))));
}

bool is_quoted(std::string_view answer) {
  const std::string_view text = trim(answer);
  return text.size() > 1 && text.starts_with('"') && text.ends_with('"');
}

bool has_letter(std::string_view text, bool (*of)(char)) { return std::any_of(text.begin(), text.end(), of); }

bool is_constrained(std::string_view answer) {
  for (std::string_view one : {"My answer is yes.", "My answer is no.", "My answer is maybe."})
    if (answer.find(one) != answer.npos) return true;
  return false;
}

struct Verifier {
  std::string_view id;
  bool (*keeps)(const Check& check, std::string_view answer);
};
constexpr Verifier kVerifiers[] = {
    {"punctuation:no_comma", [](const Check&, std::string_view a) { return a.find(',') == a.npos; }},
    {"length_constraints:number_words",
     [](const Check& c, std::string_view a) {
       return c.relates(static_cast<int64_t>(word_count(a)), "num_words", "relation");
     }},
    {"length_constraints:number_sentences",
     [](const Check& c, std::string_view a) { return c.relates(sentences(a), "num_sentences", "relation"); }},
    {"length_constraints:number_paragraphs", paragraphs_by_stars},
    {"length_constraints:nth_paragraph_first_word", nth_first_word},
    {"keywords:existence", all_words},
    {"keywords:forbidden_words", no_forbidden},
    {"keywords:frequency",
     [](const Check& c, std::string_view a) {
       return c.relates(occurrences(lower(a), lower(trim(c.text("keyword")))), "frequency", "relation");
     }},
    {"keywords:letter_frequency",
     [](const Check& c, std::string_view a) {
       return c.relates(occurrences(lower(a), lower(c.text("letter"))), "let_frequency", "let_relation");
     }},
    {"detectable_content:number_placeholders",
     [](const Check& c, std::string_view a) { return enclosed(a, "[", "]") >= c.count("num_placeholders"); }},
    {"detectable_content:postscript",
     [](const Check& c, std::string_view a) {
       return lower(a).find(lower(trim(c.text("postscript_marker")))) != std::string::npos;
     }},
    {"detectable_format:number_bullet_lists",
     [](const Check& c, std::string_view a) { return bullets(a) == c.count("num_bullets"); }},
    {"detectable_format:constrained_response",
     [](const Check&, std::string_view a) { return is_constrained(a); }},
    {"detectable_format:number_highlighted_sections",
     [](const Check& c, std::string_view a) { return highlights(a) >= c.count("num_highlights"); }},
    {"detectable_format:multiple_sections",
     [](const Check& c, std::string_view a) {
       return sections(a, trim(c.text("section_spliter"))) >= c.count("num_sections");
     }},
    {"detectable_format:json_format", [](const Check&, std::string_view a) { return is_json(a); }},
    {"detectable_format:title", [](const Check&, std::string_view a) { return enclosed(a, "<<", ">>") > 0; }},
    {"combination:two_responses", [](const Check&, std::string_view a) { return two_responses(a); }},
    {"combination:repeat_prompt",
     [](const Check& c, std::string_view a) {
       return lower(trim(a)).starts_with(lower(trim(c.text("prompt_to_repeat"))));
     }},
    {"startend:end_checker", ends_with_phrase},
    {"startend:quotation", [](const Check&, std::string_view a) { return is_quoted(a); }},
    {"change_case:capital_word_frequency",
     [](const Check& c, std::string_view a) {
       return c.relates(capital_words(a), "capital_frequency", "capital_relation");
     }},
    {"change_case:english_capital",
     [](const Check&, std::string_view a) { return has_letter(a, is_upper) && !has_letter(a, is_lower); }},
    {"change_case:english_lowercase",
     [](const Check&, std::string_view a) { return has_letter(a, is_lower) && !has_letter(a, is_upper); }},
};

// The eight forms; the whole answer first.
std::vector<std::string> loose_forms(std::string_view answer) {
  const size_t first = answer.find('\n'), last = answer.rfind('\n');
  const std::string_view headless =
      first == answer.npos ? std::string_view() : trim(answer.substr(first + 1));
  const std::string_view tailless = last == answer.npos ? std::string_view() : trim(answer.substr(0, last));
  const std::string_view inner = first == answer.npos || first == last
                                     ? std::string_view()
                                     : trim(answer.substr(first + 1, last - first - 1));
  std::vector<std::string> forms;
  for (std::string_view form : {answer, headless, tailless, inner}) {
    forms.emplace_back(form);
    std::string plain(form);
    std::erase(plain, '*');
    forms.push_back(std::move(plain));
  }
  return forms;
}

}  // namespace

std::optional<bool> keeps_constraint(const Json& check, std::string_view answer) {
  const std::string_view id = check.at_path("id").string_or("");
  for (const Verifier& verifier : kVerifiers)
    if (verifier.id == id) return !trim(answer).empty() && verifier.keeps(Check{check}, answer);
  return std::nullopt;
}

ConstraintMarks mark_constraints(const Json& checks, std::string_view answer) {
  ConstraintMarks marks;
  const std::vector<std::string> forms = loose_forms(answer);
  for (const Json& check : checks.items()) {
    const std::optional<bool> kept = keeps_constraint(check, answer);
    if (!kept) continue;
    ++marks.verifiable;
    marks.strict += *kept ? 1 : 0;
    const bool any = std::any_of(forms.begin(), forms.end(), [&](const std::string& form) {
      return keeps_constraint(check, form).value_or(false);
    });
    marks.loose += any ? 1 : 0;
  }
  return marks;
}

}  // namespace retort
