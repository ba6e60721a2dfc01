// The base's lessons and its exam, with answerers that know everything or nothing.
#include "practice/base_exam.h"

#include <algorithm>
#include <map>

#include "base/test.h"
#include "practice/lessons.h"
#include "practice/marks.h"
#include "practice/skill.h"
#include "practice/wording.h"

namespace retort::practice {
namespace {

// Right where it has a right answer, silent elsewhere.
class Crib : public Answerer {
 public:
  std::map<std::string, std::string> right;
  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override {
    std::vector<Result<Answer>> answers;
    for (const Instruction& instruction : instructions) {
      asked.push_back(instruction.text);
      Answer answer;
      if (const auto known = right.find(instruction.text); known != right.end()) answer.text = known->second;
      answers.push_back(answer);
    }
    return answers;
  }
  std::vector<std::string> asked;
};

TEST_CASE("the lessons teach each operation of the base once, and no other") {
  std::vector<std::string> taught, wanted;
  for (const Lesson& lesson : lessons())
    taught.insert(taught.end(), lesson.skills.begin(), lesson.skills.end());
  for (const Skill& skill : skills()) {
    if (skill.in_base) wanted.push_back(skill.name);
  }
  std::sort(taught.begin(), taught.end());
  std::sort(wanted.begin(), wanted.end());
  CHECK(taught == wanted);
}

TEST_CASE("the exam asks the same questions each time and counts the right answers of each skill") {
  Crib mute, crib;
  CHECK(examine_base(mute, 5).right == 0.0);
  const int sort = skill_named("sort");
  for (uint64_t i = 0; i < 5; ++i) {
    Random random(0, "exam/sort", i);
    const Example example = make_marked(sort, Scatter::Much, random);
    crib.right[example.instruction] = example.response;
  }
  const BaseExam exam = examine_base(crib, 5);
  CHECK(crib.asked == mute.asked);
  for (const SkillMark& mark : exam.by_skill) CHECK(mark.right == (mark.skill == "sort" ? 1.0 : 0.0));
  CHECK(exam.right == doctest::Approx(1.0 / static_cast<double>(exam.by_skill.size())));
}

TEST_CASE("recall answers with what it was told") {
  for (uint64_t i = 0; i < 500; ++i) {
    Random random(23, "recall", i);
    const Example example = make_recall(random);
    CAPTURE(example.instruction);
    CAPTURE(example.response);
    const std::vector<std::string_view> told = split_words(example.instruction);
    for (std::string_view word : split_words(example.response))
      CHECK(std::find(told.begin(), told.end(), word) != told.end());
  }
}

}  // namespace
}  // namespace retort::practice
