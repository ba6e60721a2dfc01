// What the world is made of inside this room: a skill is four wordings, a way to draw operands and an exact
// solver over them. The solver alone decides which operands belong to the world and to which level, so that
// what is drawn and what is understood can never disagree.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/format.h"
#include "base/random.h"
#include "practice/world.h"

namespace retort::practice {

// What fills a wording's gaps: {0}, {1}... in `scalars`, the words of {*} in `list`.
struct Operands {
  std::vector<std::string> scalars;
  std::vector<std::string> list;
};

struct Solution {
  int level = 1;
  std::string answer;
  std::string explanation;  // one or two sentences that end in the answer
};

// How a wrong answer earns credit.
enum class AnswerForm {
  Number,  // by distance
  Word,    // by edit distance
  List,    // by the share of elements in place
  Choice,  // a wrong choice is unrelated to the right one: a little for the form alone
};

struct SkillRules {
  Skill skill;
  AnswerForm form = AnswerForm::Word;
  // Words apart by one space, punctuation too, so that a gap is always a whole word. Each opens with a
  // literal word. Few literal words: two items of one wording must stay below ROUGE-L 0.7 (pool/rouge.h).
  std::array<std::string_view, 4> wordings;
  Operands (*draw)(int level, Random& random) = nullptr;
  std::optional<Solution> (*solve)(const Operands& operands) = nullptr;  // nothing: not of this world
};

// One list a domain, in the order of skills().
std::vector<SkillRules> number_skills();
std::vector<SkillRules> list_skills();
std::vector<SkillRules> word_skills();
std::vector<SkillRules> text_skills();
std::vector<SkillRules> time_skills();
std::vector<SkillRules> logic_skills();
std::vector<SkillRules> code_skills();
// All of them; skills()[i] is rules()[i].skill.
const std::vector<SkillRules>& rules();

// Its index in skills(). Requires that there is one of that name.
int skill_named(std::string_view name);

// Operands of that level and share.
Operands draw_operands(int skill, int level, Share share, Random& random);

// A whole number without sign, leading zeros or anything else, below 10^9.
std::optional<int64_t> read_number(std::string_view word);
// All of them numbers, or nothing.
std::optional<std::vector<int64_t>> read_numbers(const std::vector<std::string>& words);
// One or more letters a-z.
bool is_letters(std::string_view word);
// The operands have this form: so many scalars, and a list only where one is wanted.
bool has_form(const Operands& operands, size_t scalars, size_t list_min, size_t list_max);
// "dog gold tree"
std::string join(const std::vector<std::string>& words, std::string_view separator = " ");

}  // namespace retort::practice
