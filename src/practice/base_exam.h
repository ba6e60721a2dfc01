// What a practice base knows: fresh marked questions of every skill that it was taught, answered by whoever
// is examined and compared with the one right answer.
#pragma once

#include <string>
#include <vector>

#include "data/answer.h"

namespace retort::practice {

struct SkillMark {
  std::string skill;
  double right = 0;  // share of its questions, 0 to 1
};
struct BaseExam {
  double right = 0;  // mean over the skills, 0 to 1
  std::vector<SkillMark> by_skill;
};
// `questions` of each skill, scattered among words; the same ones each time.
BaseExam examine_base(Answerer& answerer, int questions = 100);

}  // namespace retort::practice
