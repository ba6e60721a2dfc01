// Text: who, age and city, looked up among a few facts ("Mia 7 , Ben 12").
#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

constexpr std::array<size_t, kLevels> kFacts = {2, 3, 4};

struct Facts {
  std::vector<std::string> names, values;
};

// Names that differ, and values that differ, so that a question has one answer.
Facts draw_facts(int level, std::vector<std::string> values, Random& random) {
  return {draw_distinct(people(), kFacts[level - 1], random), std::move(values)};
}
std::vector<std::string> written(const Facts& facts) {
  std::vector<std::string> words;
  for (size_t i = 0; i < facts.names.size(); ++i) {
    if (i > 0) words.push_back(",");
    words.push_back(facts.names[i]);
    words.push_back(facts.values[i]);
  }
  return words;
}

bool differ(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return std::adjacent_find(words.begin(), words.end()) == words.end();
}
bool is_known(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}
std::optional<Facts> read_facts(const std::vector<std::string>& words) {
  if (words.size() % 3 != 2) return std::nullopt;
  Facts facts;
  for (size_t i = 0; i < words.size(); i += 3) {
    if (i > 0 && words[i - 1] != ",") return std::nullopt;
    if (!is_known(words[i], people())) return std::nullopt;
    facts.names.push_back(words[i]);
    facts.values.push_back(words[i + 1]);
  }
  if (!differ(facts.names) || !differ(facts.values)) return std::nullopt;
  return facts;
}
bool are_ages(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(), [](const std::string& value) {
    const auto age = read_number(value);
    return age && *age >= 1 && *age <= 99;
  });
}

// Looks `asked` up in one column and gives the other's entry.
std::optional<Solution> look_up(const std::string& asked, const std::vector<std::string>& from,
                                const std::vector<std::string>& to) {
  const auto found = std::find(from.begin(), from.end(), asked);
  const auto level = std::find(kFacts.begin(), kFacts.end(), from.size());
  if (found == from.end() || level == kFacts.end()) return std::nullopt;
  const std::string& answer = to[static_cast<size_t>(found - from.begin())];
  return Solution{static_cast<int>(level - kFacts.begin()) + 1, answer,
                  format("{} stands beside {}, so the answer is {}.", asked, answer, answer)};
}

Operands draw_who(int level, Random& random) {
  const Facts facts = draw_facts(level, draw_numbers(1, 99, kFacts[level - 1], random), random);
  return {{random.pick(facts.values)}, written(facts)};
}
std::optional<Solution> solve_who(const Operands& operands) {
  const auto facts = read_facts(operands.list);
  if (operands.scalars.size() != 1 || !facts || !are_ages(facts->values)) return std::nullopt;
  return look_up(operands.scalars[0], facts->values, facts->names);
}

Operands draw_age(int level, Random& random) {
  const Facts facts = draw_facts(level, draw_numbers(1, 99, kFacts[level - 1], random), random);
  return {{random.pick(facts.names)}, written(facts)};
}
std::optional<Solution> solve_age(const Operands& operands) {
  const auto facts = read_facts(operands.list);
  if (operands.scalars.size() != 1 || !facts || !are_ages(facts->values)) return std::nullopt;
  return look_up(operands.scalars[0], facts->names, facts->values);
}

Operands draw_city(int level, Random& random) {
  const Facts facts = draw_facts(level, draw_distinct(towns(), kFacts[level - 1], random), random);
  return {{random.pick(facts.names)}, written(facts)};
}
std::optional<Solution> solve_city(const Operands& operands) {
  const auto facts = read_facts(operands.list);
  if (operands.scalars.size() != 1 || !facts) return std::nullopt;
  for (const std::string& town : facts->values) {
    if (!is_known(town, towns())) return std::nullopt;
  }
  return look_up(operands.scalars[0], facts->names, facts->values);
}

}  // namespace

std::vector<SkillRules> text_skills() {
  using enum AnswerForm;
  return {
      {{"who", "text"},
       Word,
       {"Who is {0} : {*} ?", "Name with {0} : {*} .", "Whose age is {0} : {*} ?", "Person of {0} : {*} ?"},
       draw_who,
       solve_who},
      {{"age", "text"},
       Number,
       {"How old is {0} : {*} ?", "Age of {0} : {*} ?", "Years of {0} : {*} .", "Tell age {0} : {*} ."},
       draw_age,
       solve_age},
      {{"city", "text", false},
       Word,
       {"Where is {0} : {*} ?", "City of {0} : {*} ?", "Home of {0} : {*} .", "Town with {0} : {*} ?"},
       draw_city,
       solve_city},
  };
}

}  // namespace retort::practice
