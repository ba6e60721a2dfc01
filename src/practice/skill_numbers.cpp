// Numbers: add, subtract, multiply, maximum, minimum, parity, compare, roman, sequence.
#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

struct Range {
  int64_t lo, hi;
  bool holds(int64_t n) const { return n >= lo && n <= hi; }
};
using Ranges = std::array<Range, kLevels>;

// Two numbers that both lie in one level's range.
struct Pair {
  int level = 1;
  int64_t a = 0, b = 0;
};
std::optional<Pair> read_pair(const Operands& operands, const Ranges& first, const Ranges& second) {
  const auto numbers = read_numbers(operands.scalars);
  if (!has_form(operands, 2, 0, 0) || !numbers) return std::nullopt;
  for (int level = 1; level <= kLevels; ++level) {
    if (first[level - 1].holds(numbers->at(0)) && second[level - 1].holds(numbers->at(1)))
      return Pair{level, numbers->at(0), numbers->at(1)};
  }
  return std::nullopt;
}
Operands draw_pair(Range first, Range second, Random& random) {
  std::string a = draw_number(first.lo, first.hi, random);
  return {{std::move(a), draw_number(second.lo, second.hi, random)}, {}};
}

constexpr Ranges kTerms = {{{2, 30}, {31, 99}, {100, 999}}};

Operands draw_add(int level, Random& random) {
  return draw_pair(kTerms[level - 1], kTerms[level - 1], random);
}
std::optional<Solution> solve_add(const Operands& operands) {
  const auto pair = read_pair(operands, kTerms, kTerms);
  if (!pair) return std::nullopt;
  const std::string sum = std::to_string(pair->a + pair->b);
  return Solution{pair->level, sum, format("Adding {} to {} gives {}.", pair->b, pair->a, sum)};
}

Operands draw_subtract(int level, Random& random) {
  Operands operands = draw_add(level, random);
  if (*read_number(operands.scalars[0]) < *read_number(operands.scalars[1]))
    std::swap(operands.scalars[0], operands.scalars[1]);
  return operands;
}
std::optional<Solution> solve_subtract(const Operands& operands) {
  const auto pair = read_pair(operands, kTerms, kTerms);
  if (!pair || pair->a < pair->b) return std::nullopt;
  const std::string rest = std::to_string(pair->a - pair->b);
  return Solution{pair->level, rest, format("Taking {} away from {} leaves {}.", pair->b, pair->a, rest)};
}

constexpr Ranges kFactors = {{{2, 9}, {2, 9}, {12, 99}}};
constexpr Ranges kFactored = {{{2, 60}, {61, 999}, {12, 99}}};

Operands draw_multiply(int level, Random& random) {
  return draw_pair(kFactors[level - 1], kFactored[level - 1], random);
}
std::optional<Solution> solve_multiply(const Operands& operands) {
  const auto pair = read_pair(operands, kFactors, kFactored);
  if (!pair) return std::nullopt;
  const std::string product = std::to_string(pair->a * pair->b);
  return Solution{pair->level, product, format("{} times {} is {}.", pair->a, pair->b, product)};
}

// The lists of maximum and minimum: longer lists of longer numbers.
constexpr Ranges kChoices = {{{10, 99}, {10, 99}, {100, 999}}};
constexpr std::array<size_t, kLevels> kChoiceCounts = {2, 3, 4};

Operands draw_extreme(int level, Random& random) {
  const Range range = kChoices[level - 1];
  return {{}, draw_numbers(range.lo, range.hi, kChoiceCounts[level - 1], random)};
}
std::optional<int> level_of_extreme(const Operands& operands) {
  const auto numbers = read_numbers(operands.list);
  if (!has_form(operands, 0, 2, 4) || !numbers) return std::nullopt;
  const int level = static_cast<int>(numbers->size()) - 1;
  for (int64_t n : *numbers) {
    if (!kChoices[level - 1].holds(n)) return std::nullopt;
  }
  return level;
}
std::optional<Solution> solve_maximum(const Operands& operands) {
  const auto level = level_of_extreme(operands);
  if (!level) return std::nullopt;
  const auto numbers = *read_numbers(operands.list);
  const std::string top = std::to_string(*std::max_element(numbers.begin(), numbers.end()));
  return Solution{*level, top, format("None of {} is above {}.", join(operands.list, ", "), top)};
}
std::optional<Solution> solve_minimum(const Operands& operands) {
  const auto level = level_of_extreme(operands);
  if (!level) return std::nullopt;
  const auto numbers = *read_numbers(operands.list);
  const std::string least = std::to_string(*std::min_element(numbers.begin(), numbers.end()));
  return Solution{*level, least, format("None of {} is below {}.", join(operands.list, ", "), least)};
}

// Of a sum of one, two or three numbers.
Operands draw_parity(int level, Random& random) {
  Operands operands;
  for (int i = 0; i < level; ++i) {
    if (i > 0) operands.list.push_back("+");
    operands.list.push_back(draw_number(100, 999, random));
  }
  return operands;
}
std::optional<Solution> solve_parity(const Operands& operands) {
  if (!has_form(operands, 0, 1, 5) || operands.list.size() % 2 == 0) return std::nullopt;
  int64_t sum = 0;
  for (size_t i = 0; i < operands.list.size(); ++i) {
    if (i % 2 == 1 && operands.list[i] != "+") return std::nullopt;
    if (i % 2 == 1) continue;
    const auto number = read_number(operands.list[i]);
    if (!number || *number < 100 || *number > 999) return std::nullopt;
    sum += *number;
  }
  const std::string answer = sum % 2 == 0 ? "even" : "odd";
  return Solution{static_cast<int>(operands.list.size() / 2 + 1), answer,
                  format("{} ends in {}, so it is {}.", sum, sum % 10, answer)};
}

constexpr Ranges kCompared = {{{10, 99}, {100, 999}, {1'000, 9'999}}};

Operands draw_compare(int level, Random& random) {
  Operands operands = draw_pair(kCompared[level - 1], kCompared[level - 1], random);
  std::string& second = operands.scalars[1];
  if (random.chance(0.2)) second = operands.scalars[0];
  if (level == 3) second.replace(0, 2, operands.scalars[0], 0, 2);  // alike at the front
  return operands;
}
std::optional<Solution> solve_compare(const Operands& operands) {
  const auto pair = read_pair(operands, kCompared, kCompared);
  if (!pair) return std::nullopt;
  const std::string answer = pair->a < pair->b ? "less" : pair->a > pair->b ? "greater" : "equal";
  return Solution{pair->level, answer,
                  format("{} minus {} is {}, so {}.", pair->a, pair->b, pair->a - pair->b, answer)};
}

std::string roman(int64_t n) {
  static constexpr std::pair<int, std::string_view> kParts[] = {
      {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
      {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
  std::string text;
  for (auto [value, letters] : kParts) {
    for (; n >= value; n -= value) text += letters;
  }
  return text;
}
constexpr int64_t kRomanMost = 1999;
int level_of_roman(size_t letters) { return letters <= 5 ? 1 : letters <= 7 ? 2 : 3; }

Operands draw_roman(int level, Random& random) {
  int64_t n = 0;
  do n = random.range(1, kRomanMost);
  while (level_of_roman(roman(n).size()) != level);
  return {{std::to_string(n)}, {}};
}
std::optional<Solution> solve_roman(const Operands& operands) {
  if (!has_form(operands, 1, 0, 0)) return std::nullopt;
  const auto n = read_number(operands.scalars[0]);
  if (!n || *n < 1 || *n > kRomanMost) return std::nullopt;
  const std::string text = roman(*n);
  std::string parts;
  for (int64_t unit = 1000; unit > 0; unit /= 10) {
    const int64_t part = *n / unit % 10 * unit;
    if (part > 0) parts += format("{}{} is {}", parts.empty() ? "" : ", ", part, roman(part));
  }
  return Solution{level_of_roman(text.size()), text, format("{}; together {}.", parts, text)};
}

// Four terms an equal step apart: level 1 climbs by little, level 2 falls by little, level 3 climbs by more.
struct Steps {
  Range first, step;
};
constexpr std::array<Steps, kLevels> kSteps = {
    {{{1, 99}, {1, 5}}, {{50, 199}, {-5, -1}}, {{1, 99}, {6, 20}}}};

Operands draw_sequence(int level, Random& random) {
  const Steps& steps = kSteps[level - 1];
  int64_t term = random.range(steps.first.lo, steps.first.hi);
  const int64_t step = random.range(steps.step.lo, steps.step.hi);
  Operands operands;
  for (int i = 0; i < 4; ++i, term += step) operands.list.push_back(std::to_string(term));
  return operands;
}
std::optional<Solution> solve_sequence(const Operands& operands) {
  const auto terms = read_numbers(operands.list);
  if (!has_form(operands, 0, 4, 4) || !terms) return std::nullopt;
  const auto& t = *terms;
  const int64_t step = t[1] - t[0];
  if (t[2] - t[1] != step || t[3] - t[2] != step) return std::nullopt;
  for (int level = 1; level <= kLevels; ++level) {
    const Steps& steps = kSteps[level - 1];
    if (!steps.first.holds(t[0]) || !steps.step.holds(step)) continue;
    const std::string next = std::to_string(t[3] + step);
    return Solution{level, next, format("Each step is {}, so {} leads to {}.", step, t[3], next)};
  }
  return std::nullopt;
}

}  // namespace

std::vector<SkillRules> number_skills() {
  using enum AnswerForm;
  return {
      {{"add", "numbers"},
       Number,
       {"Add {0} , {1} .", "Compute {0} + {1} .", "Sum : {0} , {1} .", "Total {0} & {1} ?"},
       draw_add,
       solve_add},
      {{"subtract", "numbers"},
       Number,
       {"Subtract {0} - {1} .", "Compute {0} - {1} .", "Difference : {0} , {1} .", "Remaining : {0} - {1} ?"},
       draw_subtract,
       solve_subtract},
      {{"multiply", "numbers", false, false},
       Number,
       {"Multiply {0} , {1} .", "Compute {0} * {1} .", "Product : {0} , {1} .", "Times : {0} * {1} ?"},
       draw_multiply,
       solve_multiply},
      {{"maximum", "numbers"},
       Number,
       {"Largest of {*} ?", "Maximum : {*} .", "Which is biggest : {*} ?", "Highest number in {*} ?"},
       draw_extreme,
       solve_maximum},
      {{"minimum", "numbers", false},
       Number,
       {"Smallest of {*} ?", "Minimum : {*} .", "Which is least : {*} ?", "Lowest number in {*} ?"},
       draw_extreme,
       solve_minimum},
      {{"parity", "numbers"},
       Choice,
       {"Parity of {*} ?", "Parity : {*} .", "Odd / even : {*} ?", "Even / odd {*} ?"},
       draw_parity,
       solve_parity},
      {{"compare", "numbers"},
       Choice,
       {"Compare {0} , {1} .", "Versus : {0} , {1} ?", "Relation : {0} ? {1} .", "Judge {0} / {1} ."},
       draw_compare,
       solve_compare},
      {{"roman", "numbers", false},
       Word,
       {"Roman for {0} ?", "Write roman : {0} .", "Numeral of {0} ?", "Latin number : {0} ."},
       draw_roman,
       solve_roman},
      {{"sequence", "numbers"},
       Number,
       {"Next : {*} ?", "Continue {*} .", "What follows {*} ?", "Extend : {*} ."},
       draw_sequence,
       solve_sequence},
  };
}

}  // namespace retort::practice
