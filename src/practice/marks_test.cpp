// The base's corpus: right answers, no held-out operand, nothing that it must not know.
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

TEST_CASE("a marked question holds one mark, of a skill that the base may know") {
  std::set<int> seen;
  for (uint64_t i = 0; i < 3'000; ++i) {
    Random random(21, "marked", i);
    const Example example = make_marked(i % 2 == 0 ? Scatter::Little : Scatter::Much, random);
    CAPTURE(example.instruction);
    CHECK(!example.response.empty());
    int held = 0;
    for (std::string_view word : split_words(example.instruction)) {
      for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
        for (int index = 0; index < kMarksASkill; ++index) {
          if (word != mark_of(skill, index)) continue;
          ++held;
          seen.insert(skill);
          CHECK(skills()[static_cast<size_t>(skill)].in_base);
        }
      }
    }
    CHECK(held == 1);
  }
  CHECK(static_cast<std::ptrdiff_t>(seen.size()) ==
        std::count_if(skills().begin(), skills().end(), [](const Skill& skill) { return skill.in_base; }));
}

TEST_CASE("a marked question is never an instruction of the world") {
  for (uint64_t i = 0; i < 5'000; ++i) {
    Random random(22, "marked", i);
    const Example example = make_marked(Scatter::Much, random);
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
