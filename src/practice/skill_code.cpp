// Small code: what a few assignments leave in a variable, and a letter of a word by its index.
#include <algorithm>
#include <map>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

// "q = 12 ; w = 47": level 1 two assignments, level 2 three, level 3 two and a copy, which is asked for.
Operands draw_assign(int level, Random& random) {
  static const std::vector<std::string> names = {"a", "b", "c", "d", "e", "g", "h", "k", "m", "n",
                                                 "p", "q", "r", "t", "u", "v", "w", "y", "z"};
  static constexpr size_t kCounts[] = {2, 3, 3};
  const std::vector<std::string> variables = draw_distinct(names, kCounts[level - 1], random);
  std::vector<std::string> values = draw_numbers(10, 99, variables.size(), random);
  if (level == 3) values.back() = variables[random.below(2)];
  Operands operands{{level == 3 ? variables.back() : random.pick(variables)}, {}};
  for (size_t i = 0; i < variables.size(); ++i) {
    if (i > 0) operands.list.push_back(";");
    operands.list.insert(operands.list.end(), {variables[i], "=", values[i]});
  }
  return operands;
}
bool is_variable(const std::string& word) { return word.size() == 1 && is_letters(word); }

std::optional<Solution> solve_assign(const Operands& operands) {
  const std::vector<std::string>& words = operands.list;
  if (!has_form(operands, 1, 7, 11) || (words.size() != 7 && words.size() != 11)) return std::nullopt;
  std::map<std::string, std::string> memory;
  int copies = 0;
  for (size_t i = 0; i < words.size(); i += 4) {
    if (i > 0 && words[i - 1] != ";") return std::nullopt;
    if (!is_variable(words[i]) || words[i + 1] != "=" || memory.contains(words[i])) return std::nullopt;
    std::string value = words[i + 2];
    if (const auto known = memory.find(value); known != memory.end()) {
      if (i + 3 != words.size() || words.size() == 7) return std::nullopt;
      value = known->second;
      ++copies;
    }
    const auto number = read_number(value);
    if (!number || *number < 10 || *number > 99) return std::nullopt;
    memory[words[i]] = value;
  }
  const auto asked = memory.find(operands.scalars[0]);
  if (asked == memory.end() || (copies > 0 && asked->first != words[8])) return std::nullopt;
  const int level = words.size() == 7 ? 1 : copies == 0 ? 2 : 3;
  return Solution{level, asked->second, format("At the end {} holds {}.", asked->first, asked->second)};
}

// {0}: a word, {1}: an index from 0; level 1 near the front, level 2 further on, level 3 from the end.
Operands draw_index(int level, Random& random) {
  const int64_t letters = level == 1 ? random.range(4, 5) : random.range(6, 8);
  std::string word = made_up_word(letters, random);
  const int64_t index = level == 1   ? random.range(0, 2)
                        : level == 2 ? random.range(3, letters - 1)
                                     : -random.range(1, 4);
  return {{std::move(word), std::to_string(index)}, {}};
}
std::optional<Solution> solve_index(const Operands& operands) {
  if (!has_form(operands, 2, 0, 0)) return std::nullopt;
  const std::string& word = operands.scalars[0];
  std::string_view digits = operands.scalars[1];
  const bool from_end = digits.starts_with('-');
  if (from_end) digits.remove_prefix(1);
  const auto index = read_number(digits);
  if (!is_letters(word) || !index || (from_end && *index == 0)) return std::nullopt;
  const auto letters = static_cast<int64_t>(word.size());
  const int level = from_end ? 3 : letters <= 5 ? 1 : 2;
  const bool drawn = level == 1   ? letters >= 4 && *index <= 2
                     : level == 2 ? letters <= 8 && *index >= 3 && *index < letters
                                  : letters >= 6 && letters <= 8 && *index <= 4;
  if (!drawn) return std::nullopt;
  const int64_t at = from_end ? letters - *index : *index;
  const std::string answer(1, word[static_cast<size_t>(at)]);
  return Solution{level, answer, format("Counting from 0, place {} of {} holds {}.", at, word, answer)};
}

}  // namespace

std::vector<SkillRules> code_skills() {
  using enum AnswerForm;
  return {
      {{"code_assign", "code"},
       Number,
       {"Run {*} ; print {0} .", "Execute : {*} ; show {0} .", "Program {*} ; return {0} ?",
        "Code : {*} ; output {0} ?"},
       draw_assign,
       solve_assign},
      {{"code_index", "code", false},
       Word,
       {"Index {0} [ {1} ] .", "Code {0} [ {1} ] ?", "Character : {0} [ {1} ] .", "Charat ( {0} , {1} ) ?"},
       draw_index,
       solve_index},
  };
}

}  // namespace retort::practice
