#include "data/verdict.h"

namespace retort {

Judgement combine(int64_t instruction_id, const std::optional<Verdict>& teacher_first,
                  const std::optional<Verdict>& student_first) {
  Judgement judgement{.instruction_id = instruction_id};
  double teacher = 0, student = 0;
  for (const auto* verdict : {&teacher_first, &student_first}) {
    if (!*verdict || !(*verdict)->teacher_score || !(*verdict)->student_score) continue;
    teacher += *(*verdict)->teacher_score;
    student += *(*verdict)->student_score;
    ++judgement.orders;
  }
  if (judgement.orders > 0) {
    judgement.teacher_score = teacher / judgement.orders;
    judgement.student_score = student / judgement.orders;
  }
  return judgement;
}

}  // namespace retort
