// The list of all skills, and what their solvers share.
#include "practice/skill.h"

#include <algorithm>

#include "base/check.h"

namespace retort::practice {

namespace {

std::vector<SkillRules> gather() {
  std::vector<SkillRules> all;
  for (auto domain :
       {number_skills, list_skills, word_skills, text_skills, time_skills, logic_skills, code_skills}) {
    for (SkillRules& skill : domain()) all.push_back(std::move(skill));
  }
  return all;
}

}  // namespace

const std::vector<SkillRules>& rules() {
  static const std::vector<SkillRules> all = gather();
  return all;
}

std::optional<int64_t> read_number(std::string_view word) {
  if (word.empty() || word.size() > 9 || (word.size() > 1 && word[0] == '0')) return std::nullopt;
  int64_t value = 0;
  for (char c : word) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<std::vector<int64_t>> read_numbers(const std::vector<std::string>& words) {
  std::vector<int64_t> numbers;
  for (const std::string& word : words) {
    const std::optional<int64_t> number = read_number(word);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

bool is_letters(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

bool has_form(const Operands& operands, size_t scalars, size_t list_min, size_t list_max) {
  return operands.scalars.size() == scalars && operands.list.size() >= list_min &&
         operands.list.size() <= list_max;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

int skill_named(std::string_view name) {
  const auto found =
      std::find_if(skills().begin(), skills().end(), [&](const Skill& skill) { return skill.name == name; });
  RETORT_CHECK(found != skills().end(), "no skill {}", name);
  return static_cast<int>(found - skills().begin());
}

}  // namespace retort::practice
