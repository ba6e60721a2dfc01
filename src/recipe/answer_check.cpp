#include "recipe/answer_check.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "base/words.h"
#include "eval/verify.h"

namespace retort {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

std::string_view last_line(std::string_view text) {
  text = trim(text);
  return text.substr(text.rfind('\n') + 1);
}

// ---- formats that an instruction names ----

// The whole number that the first match of "... N <unit>" has, where one of the openings stands before it.
std::optional<int64_t> limit_of(std::string_view text, std::span<const std::string_view> openings,
                                std::string_view unit) {
  for (std::string_view opening : openings) {
    const size_t at = text.find(opening);
    if (at == text.npos) continue;
    std::string_view rest = text.substr(at + opening.size());
    int64_t number = 0;
    size_t digits = 0;
    while (digits < rest.size() && digits < 6 && rest[digits] >= '0' && rest[digits] <= '9')
      number = number * 10 + (rest[digits++] - '0');
    if (digits > 0 && rest.substr(digits).starts_with(unit)) return number;
  }
  return std::nullopt;
}

std::optional<std::string> words_fault(std::string_view asked, int64_t words) {
  constexpr std::string_view kMost[] = {"at most ", "no more than ", "not more than ", "maximum of ",
                                        "up to "};
  constexpr std::string_view kBelow[] = {"fewer than ", "less than ", "under "};
  constexpr std::string_view kLeast[] = {"at least ", "minimum of ", "no fewer than ", "no less than "};
  constexpr std::string_view kExactly[] = {"exactly "};
  if (const auto most = limit_of(asked, kMost, " words"); most && words > *most)
    return format("more than {} words", *most);
  if (const auto below = limit_of(asked, kBelow, " words"); below && words >= *below)
    return format("not fewer than {} words", *below);
  if (const auto least = limit_of(asked, kLeast, " words"); least && words < *least)
    return format("fewer than {} words", *least);
  if (const auto exact = limit_of(asked, kExactly, " words"); exact && words != *exact)
    return format("not {} words", *exact);
  return std::nullopt;
}

template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<std::string> bullets_fault(std::string_view asked, std::string_view answer) {
  constexpr std::string_view kNothing[] = {""}, kUnit = " bullet point";
  const size_t at = asked.find(kUnit);
  if (at == asked.npos) return std::nullopt;
  size_t begin = at;
  while (begin > 0 && asked[begin - 1] >= '0' && asked[begin - 1] <= '9') --begin;
  const std::optional<int64_t> wanted = limit_of(asked.substr(begin), kNothing, kUnit);
  if (!wanted) return std::nullopt;
  int64_t found = 0;
  for_each_line(answer, [&](std::string_view line) {
    line = trim(line);
    found += line.starts_with("- ") || line.starts_with("* ") || line.starts_with("• ") ? 1 : 0;
  });
  if (found == *wanted) return std::nullopt;
  return format("{} bullet points instead of {}", found, *wanted);
}

struct Fence {
  std::string language, text;
  bool closed = false;
};
std::vector<Fence> fences_of(std::string_view answer) {
  std::vector<Fence> fences;
  bool open = false;
  for_each_line(answer, [&](std::string_view line) {
    const std::string_view mark = trim(line);
    if (mark.starts_with("```")) {
      if (open)
        fences.back().closed = true;
      else
        fences.push_back({.language = lower(trim(mark.substr(3)))});
      open = !open;
    } else if (open) {
      fences.back().text += format("{}\n", line);
    }
  });
  return fences;
}

// Brackets outside strings and line comments close in the order they open. A sign, not a parser: it says no
// only where every language that brackets this way would.
bool brackets_match(std::string_view code) {
  std::string open;
  char quote = '\0';
  for (size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (quote != '\0') {
      if (c == '\\')
        ++i;
      else if (c == quote || (c == '\n' && quote != '`'))
        quote = '\0';
    } else if (c == '"' || c == '`' ||
               (c == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(code[i - 1]))))) {
      quote = c;
    } else if (c == '#' || code.substr(i).starts_with("//")) {
      i = std::min(code.find('\n', i), code.size());
    } else if (c == '(' || c == '[' || c == '{') {
      open += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != c) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

bool is_code(const std::string& language) {
  static constexpr std::string_view kCode[] = {"python", "py",         "c",    "cpp", "c++",
                                               "java",   "javascript", "js",   "go",  "rust",
                                               "ts",     "typescript", "json", "c#"};
  return std::find(std::begin(kCode), std::end(kCode), language) != std::end(kCode);
}

std::optional<std::string> code_fault(std::string_view answer) {
  for (const Fence& fence : fences_of(answer)) {
    if (!fence.closed) return "code that does not end";
    if (is_code(fence.language) && !brackets_match(fence.text)) return "brackets that do not match";
    if (fence.language == "json" && !parse_json(fence.text)) return "is no JSON";
  }
  return std::nullopt;
}

std::optional<std::string> json_fault(std::string_view asked, std::string_view answer) {
  constexpr std::string_view kAsks[] = {"in json format", "as json",  "as a json",
                                        "valid json",     "in json.", "json object"};
  const bool wanted = std::any_of(std::begin(kAsks), std::end(kAsks),
                                  [&](std::string_view ask) { return asked.find(ask) != asked.npos; });
  if (!wanted) return std::nullopt;
  const std::vector<Fence> fences = fences_of(answer);
  const std::string text = fences.empty() ? std::string(trim(answer)) : fences.back().text;
  if (parse_json(text)) return std::nullopt;
  return "is no JSON";
}

std::optional<std::string> case_fault(std::string_view asked, std::string_view answer) {
  auto holds = [&](char lo, char hi) {
    return std::any_of(answer.begin(), answer.end(), [&](char c) { return c >= lo && c <= hi; });
  };
  auto asks = [&](std::string_view phrase) { return asked.find(phrase) != asked.npos; };
  if ((asks("in all capital letters") || asks("in all caps") || asks("answer in uppercase")) &&
      holds('a', 'z'))
    return "small letters";
  if ((asks("in all lowercase") || asks("answer in lowercase")) && holds('A', 'Z')) return "capital letters";
  return std::nullopt;
}

// ---- the choice ----

class Choice {
 public:
  explicit Choice(std::span<const Result<Answer>> samples) : samples_(samples) {
    for (size_t i = 0; i < samples.size(); ++i)
      if (samples[i] && !samples[i]->is_cut()) left_.push_back(i);
  }
  bool any() const { return !left_.empty(); }
  template <class Passes>
  bool keep(Passes passes) {
    std::erase_if(left_, [&](size_t i) { return !passes(samples_[i]->text); });
    return any();
  }
  bool vote(double agree) {
    std::map<std::string, std::vector<size_t>> groups;
    for (size_t i : left_) groups[outcome_of(samples_[i]->text)].push_back(i);
    const std::vector<size_t>* most = nullptr;
    for (const auto& [outcome, group] : groups)
      if (most == nullptr || group.size() > most->size()) most = &group;
    const double wanted = agree * static_cast<double>(samples_.size());
    if (most == nullptr || static_cast<double>(most->size()) < wanted - 1e-9) return false;
    left_ = *most;
    return true;
  }
  size_t best(const std::string& prefer) const {
    auto length = [&](size_t i) { return samples_[i]->text.size() + samples_[i]->reasoning.size(); };
    if (prefer == "first") return left_.front();
    return *std::min_element(left_.begin(), left_.end(),
                             [&](size_t a, size_t b) { return length(a) < length(b); });
  }

 private:
  std::span<const Result<Answer>> samples_;
  std::vector<size_t> left_;
};

}  // namespace

std::string outcome_of(std::string_view answer) {
  if (const auto number = final_number(answer))
    return format("{}/{}", number->numerator, number->denominator);
  if (const auto choice = final_choice(answer)) return format("({})", *choice);
  std::string line = lower(last_line(answer));
  while (line.ends_with('.')) line.pop_back();
  return std::string(trim(line));
}

bool agrees_with_gold(std::string_view answer, std::string_view gold) {
  if (const size_t mark = gold.rfind("####"); mark != gold.npos) gold = trim(gold.substr(mark + 4));
  return outcome_of(answer) == outcome_of(gold);
}

std::optional<std::string> form_fault(std::string_view instruction, std::string_view answer) {
  const std::string asked = lower(instruction);
  for (const auto& fault :
       {code_fault(answer), json_fault(asked, answer), case_fault(asked, answer),
        words_fault(asked, static_cast<int64_t>(word_count(answer))), bullets_fault(asked, answer)})
    if (fault) return fault;
  return std::nullopt;
}

std::optional<std::string> python_of(std::string_view answer) {
  std::optional<std::string> program;
  for (Fence& fence : fences_of(answer))
    if (fence.closed && (fence.language == "python" || fence.language == "py" || fence.language == "python3"))
      program = std::move(fence.text);
  return program;
}

ChosenAnswer choose_answer(std::string_view instruction, std::span<const Result<Answer>> samples,
                           const std::optional<std::string>& gold, const AnswersSection& options,
                           const ProgramRunner& run) {
  Choice choice(samples);
  if (!choice.any()) return {.reason = "every sample was cut or failed"};
  for (const std::string& check : options.checks) {
    std::string why;
    if (check == "gold" && gold &&
        !choice.keep([&](const std::string& text) { return agrees_with_gold(text, *gold); }))
      return {.reason = "no sample agrees with the gold answer"};
    if (check == "vote" && !choice.vote(options.agree)) return {.reason = "the samples disagree"};
    if (check == "form" && !choice.keep([&](const std::string& text) {
          const auto fault = form_fault(instruction, text);
          if (fault) why = *fault;
          return !fault;
        }))
      return {.reason = "no sample keeps its form: " + why};
    if (check == "run" && run && !choice.keep([&](const std::string& text) {
          const auto program = python_of(text);
          const auto fault = program ? run(*program) : std::nullopt;
          if (fault) why = *fault;
          return !fault;
        }))
      return {.reason = "no sample's program runs: " + why};
  }
  return {.index = choice.best(options.prefer)};
}

}  // namespace retort
