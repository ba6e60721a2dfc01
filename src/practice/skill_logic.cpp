// Logic: truth of and, or, not over comparisons; same or different; if-then-else.
#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

struct Comparison {
  bool negated = false;
  int64_t a = 0, b = 0;
  bool less = true;  // the sign is <, else >
  bool holds() const { return (less ? a < b : a > b) != negated; }
};

// "not 12 < 30": appended word by word.
void write_comparison(const Comparison& c, std::vector<std::string>& words) {
  if (c.negated) words.push_back("not");
  words.push_back(std::to_string(c.a));
  words.push_back(c.less ? "<" : ">");
  words.push_back(std::to_string(c.b));
}
Comparison draw_comparison(int64_t lo, int64_t hi, Random& random) {
  Comparison c{false, random.range(lo, hi), 0, random.chance(0.5)};
  do c.b = random.range(lo, hi);
  while (c.b == c.a);
  return c;
}
// Reads one from words[at..], moving `at` behind it.
std::optional<Comparison> read_comparison(const std::vector<std::string>& words, size_t& at) {
  Comparison c;
  if (at < words.size() && words[at] == "not") {
    c.negated = true;
    ++at;
  }
  if (at + 3 > words.size()) return std::nullopt;
  const auto a = read_number(words[at]), b = read_number(words[at + 2]);
  const std::string& sign = words[at + 1];
  if (!a || !b || *a == *b || (sign != "<" && sign != ">")) return std::nullopt;
  at += 3;
  return Comparison{c.negated, *a, *b, sign == "<"};
}

// Level 1: one comparison, perhaps negated; level 2: two with and/or; level 3: two with and/or and a not.
Operands draw_truth(int level, Random& random) {
  Operands operands;
  Comparison first = draw_comparison(1, 99, random);
  if (level == 1) first.negated = random.chance(0.5);
  if (level == 1) return write_comparison(first, operands.list), operands;
  Comparison second = draw_comparison(1, 99, random);
  if (level == 3) {
    const uint64_t which = random.below(3);
    first.negated = which != 1;
    second.negated = which != 0;
  }
  write_comparison(first, operands.list);
  operands.list.push_back(random.chance(0.5) ? "and" : "or");
  write_comparison(second, operands.list);
  return operands;
}
std::string truth_name(bool value) { return value ? "true" : "false"; }

std::optional<Solution> solve_truth(const Operands& operands) {
  if (!has_form(operands, 0, 3, 9)) return std::nullopt;
  const std::vector<std::string>& words = operands.list;
  size_t at = 0;
  const auto first = read_comparison(words, at);
  if (!first) return std::nullopt;
  if (at == words.size()) {
    const std::string answer = truth_name(first->holds());
    return Solution{1, answer, format("{} is {}.", join(words), answer)};
  }
  const std::string& joint = words[at++];
  const auto second = read_comparison(words, at);
  if ((joint != "and" && joint != "or") || !second || at != words.size()) return std::nullopt;
  const bool a = first->holds(), b = second->holds();
  const std::string answer = truth_name(joint == "and" ? a && b : a || b);
  return Solution{first->negated || second->negated ? 3 : 2, answer,
                  format("The first part is {}, the second {}; with {} that is {}.", truth_name(a),
                         truth_name(b), joint, answer)};
}

// Level 1: other words altogether; level 2 and 3: one letter differs, in ever longer words.
Operands draw_same(int level, Random& random) {
  static constexpr int64_t kFrom[] = {3, 4, 6}, kTo[] = {3, 5, 8};
  const int64_t letters = random.range(kFrom[level - 1], kTo[level - 1]);
  std::string first = made_up_word(letters, random), second = first;
  if (random.chance(0.5)) {
    if (level == 1) second = made_up_word(letters, random);
    char& changed = second[random.below(second.size())];
    changed = changed == 'z' ? 'b' : static_cast<char>(changed + 1);
  }
  return {{std::move(first), std::move(second)}, {}};
}
std::optional<Solution> solve_same(const Operands& operands) {
  if (!has_form(operands, 2, 0, 0)) return std::nullopt;
  const std::string &a = operands.scalars[0], &b = operands.scalars[1];
  if (!is_letters(a) || !is_letters(b) || a.size() != b.size() || a.size() < 3 || a.size() > 8)
    return std::nullopt;
  const int level = a.size() <= 3 ? 1 : a.size() <= 5 ? 2 : 3;
  const auto at = std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
  if (a == b) return Solution{level, "yes", "All letters agree: yes."};
  return Solution{level, "no",
                  format("Letter {} is {} in one and {} in the other: no.", at + 1, a[at], b[at])};
}

// {0} {1} {2} the condition, {3} and {4} what to say.
Operands draw_if(int level, Random& random) {
  static constexpr int64_t kFrom[] = {1, 10, 100}, kTo[] = {9, 99, 999};
  Comparison c = draw_comparison(kFrom[level - 1], kTo[level - 1], random);
  if (level == 3) {  // alike at the front
    do c.b = c.a / 10 * 10 + random.range(0, 9);
    while (c.b == c.a);
  }
  const std::vector<std::string> words = draw_distinct(things(), 2, random);
  return {{std::to_string(c.a), c.less ? "<" : ">", std::to_string(c.b), words[0], words[1]}, {}};
}
std::optional<Solution> solve_if(const Operands& operands) {
  if (!has_form(operands, 5, 0, 0)) return std::nullopt;
  size_t at = 0;
  const auto c = read_comparison({operands.scalars.begin(), operands.scalars.begin() + 3}, at);
  const std::string &then = operands.scalars[3], &otherwise = operands.scalars[4];
  if (!c || c->negated || !is_letters(then) || !is_letters(otherwise) || then == otherwise)
    return std::nullopt;
  const int64_t low = std::min(c->a, c->b), high = std::max(c->a, c->b);
  const int level = high <= 9 ? 1 : high <= 99 ? 2 : 3;
  if (low < 1 || (level == 2 && low < 10) ||
      (level == 3 && (high > 999 || low / 10 != high / 10 || low < 100)))
    return std::nullopt;
  const std::string& answer = c->holds() ? then : otherwise;
  return Solution{level, answer,
                  format("{} {} {} is {}, so {}.", operands.scalars[0], operands.scalars[1],
                         operands.scalars[2], truth_name(c->holds()), answer)};
}

}  // namespace

std::vector<SkillRules> logic_skills() {
  using enum AnswerForm;
  return {
      {{"truth", "logic"},
       Choice,
       {"Check : {*} .", "Verify {*} .", "Truth : {*} ?", "Evaluate {*} ."},
       draw_truth,
       solve_truth},
      {{"same", "logic", false},
       Choice,
       {"Same : {0} , {1} ?", "Is {0} equal {1} ?", "Identical {0} / {1} ?", "Match {0} with {1} ?"},
       draw_same,
       solve_same},
      {{"if_then", "logic"},
       Word,
       {"If {0} {1} {2} say {3} else {4} .", "Say {3} when {0} {1} {2} , else {4} .",
        "Given {0} {1} {2} : {3} or {4} ?", "Choose {3} if {0} {1} {2} otherwise {4} ."},
       draw_if,
       solve_if},
  };
}

}  // namespace retort::practice
