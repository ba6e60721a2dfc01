// The base's corpus: right answers, no held-out operand, one mark a question.
#include "practice/marks.h"

#include <algorithm>
#include <set>

#include "base/test.h"
#include "practice/skill.h"
#include "practice/wording.h"

namespace retort::practice {
namespace {

TEST_CASE("all marks differ") {
  std::set<std::string> marks;
  for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
    for (int index = 0; index < kMarksASkill; ++index) marks.insert(mark_of(skill, index));
  }
  CHECK(marks.size() == skills().size() * kMarksASkill);
}

TEST_CASE("no mark is a word of an instruction's wording") {
  std::set<std::string> words;
  for (const SkillRules& rule : rules()) {
    for (std::string_view wording : rule.wordings) {
      for (std::string_view word : split_words(wording)) words.emplace(word);
    }
  }
  for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
    for (int index = 0; index < kMarksASkill; ++index) CHECK(!words.contains(mark_of(skill, index)));
  }
}

TEST_CASE("a marked question holds one mark of its skill, and no other") {
  for (int asked = 0; asked < static_cast<int>(skills().size()); ++asked) {
    for (uint64_t i = 0; i < 100; ++i) {
      Random random(21, "marked", i);
      const Example example = make_marked(asked, i % 2 == 0 ? Scatter::None : Scatter::Much, random);
      CAPTURE(example.instruction);
      CHECK(!example.response.empty());
      std::vector<int> held;
      for (std::string_view word : split_words(example.instruction)) {
        for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
          for (int index = 0; index < kMarksASkill; ++index) {
            if (word == mark_of(skill, index)) held.push_back(skill);
          }
        }
      }
      CHECK(held == std::vector<int>{asked});
    }
  }
}

TEST_CASE("a marked question is never an instruction of the world") {
  for (uint64_t i = 0; i < 5'000; ++i) {
    Random random(22, "marked", i);
    const int skill = static_cast<int>(random.below(skills().size()));
    const Example example = make_marked(skill, Scatter::Much, random);
    CAPTURE(example.instruction);
    CHECK(!understand(example.instruction));
  }
}

TEST_CASE("no word of the tokenizer is there for a wording alone") {
  // The words that name operations are spelled byte by byte, as a new word is.
  const std::vector<std::string> words = base_words();
  for (std::string_view word : {"Sort", "sort", "Reverse", "Spell", "Largest", "Plural", "Parity", "Roman",
                                "Uppercase", "Weekday", "Convert", "Subtract"}) {
    CHECK(std::find(words.begin(), words.end(), std::string(word)) == words.end());
    CHECK(std::find(words.begin(), words.end(), " " + std::string(word)) == words.end());
  }
}

}  // namespace
}  // namespace retort::practice
