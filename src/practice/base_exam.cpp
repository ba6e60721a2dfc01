#include "practice/base_exam.h"

#include "practice/marks.h"
#include "practice/skill.h"

namespace retort::practice {

namespace {

double share_right(int skill, Answerer& answerer, int questions) {
  std::vector<Instruction> asked;
  std::vector<std::string> wanted;
  for (int i = 0; i < questions; ++i) {
    Random random(0, "exam/" + skills()[static_cast<size_t>(skill)].name, static_cast<uint64_t>(i));
    const Example example = make_marked(skill, Scatter::Much, random);
    asked.emplace_back();
    asked.back().text = example.instruction;
    wanted.push_back(example.response);
  }
  const std::vector<Result<Answer>> answers = answerer.answer(asked);
  int right = 0;
  for (size_t i = 0; i < answers.size(); ++i) right += answers[i] && answers[i]->text == wanted[i];
  return static_cast<double>(right) / questions;
}

}  // namespace

BaseExam examine_base(Answerer& answerer, int questions) {
  BaseExam exam;
  for (size_t i = 0; i < skills().size(); ++i) {
    if (!skills()[i].in_base) continue;
    exam.by_skill.push_back({skills()[i].name, share_right(static_cast<int>(i), answerer, questions)});
    exam.right += exam.by_skill.back().right;
  }
  exam.right /= static_cast<double>(exam.by_skill.size());
  return exam;
}

}  // namespace retort::practice
