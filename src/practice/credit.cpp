// Credit for an answer that is not exact: by distance for numbers, edits for words, places for lists. A
// rule, not a judgement; what it must do is fall as an answer gets worse.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "practice/skill.h"
#include "practice/wording.h"

namespace retort::practice {

namespace {

constexpr size_t kBytesMax = 256;  // an answer of this world is far shorter; edit distance is quadratic

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// Below half of the letters right, a word is unrelated.
double word_credit(std::string_view right, std::string_view answer) {
  const double likeness = 1.0 - static_cast<double>(edit_distance(right, answer)) /
                                    static_cast<double>(std::max(right.size(), answer.size()));
  return likeness <= 0.4 ? 0.0 : 0.8 * likeness;
}

double number_credit(std::string_view right, std::string_view answer) {
  const auto a = read_number(right), b = read_number(answer);
  if (!a || !b) return 0.0;
  const double off = static_cast<double>(std::abs(*a - *b)) / static_cast<double>(std::max<int64_t>(*a, 4));
  return std::max(0.1, 0.7 * (1.0 - std::min(1.0, off)));
}

double list_credit(std::string_view right, std::string_view answer) {
  const auto wanted = split_words(right), got = split_words(answer);
  size_t in_place = 0;
  for (size_t i = 0; i < std::min(wanted.size(), got.size()); ++i) in_place += wanted[i] == got[i] ? 1 : 0;
  return 0.8 * static_cast<double>(in_place) / static_cast<double>(std::max(wanted.size(), got.size()));
}

double choice_credit(std::string_view right, std::string_view answer) {
  static const std::vector<std::vector<std::string_view>> choices = {
      {"yes", "no"}, {"true", "false"}, {"even", "odd"}, {"less", "greater", "equal"}};
  const auto holds = [](const auto& set, std::string_view word) {
    return std::find(set.begin(), set.end(), word) != set.end();
  };
  for (const auto& set : choices) {
    if (holds(set, right)) return holds(set, answer) ? 0.2 : 0.0;
  }
  return right.ends_with("day") && answer.ends_with("day") ? 0.2 : 0.0;
}

}  // namespace

double credit(const Item& item, std::string_view answer) {
  answer = trimmed(answer);
  if (answer == item.answer) return 1.0;
  if (answer.empty() || answer.size() > kBytesMax) return 0.0;
  switch (rules()[static_cast<size_t>(item.skill)].form) {
    case AnswerForm::Number:
      return number_credit(item.answer, answer);
    case AnswerForm::Word:
      return word_credit(item.answer, answer);
    case AnswerForm::List:
      return list_credit(item.answer, answer);
    case AnswerForm::Choice:
      return choice_credit(item.answer, answer);
  }
  return 0.0;
}

}  // namespace retort::practice
