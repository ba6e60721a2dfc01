// What the referee said of one pair of answers, and the gap between teacher and student that Lion derives
// from both orders (arXiv 2305.12870, Eq. 1: d = score of the teacher - score of the student, each the mean
// over the two orders).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace retort {

enum class Order { TeacherFirst, StudentFirst };

struct Verdict {
  int64_t instruction_id = 0;
  Order order = Order::TeacherFirst;
  // Scores from 1 to 10; both are there or neither is. A missing score is unjudged, never a number.
  std::optional<double> teacher_score, student_score;
  std::string
      reason;  // why there are none ("no score lines", "truncated", "out of range: 11"); empty when there are
  std::string call_key;
};

struct Judgement {
  int64_t instruction_id = 0;
  std::optional<double> teacher_score,
      student_score;  // means over the orders that gave scores; both or neither
  int orders = 0;     // how many orders gave scores: 0, 1 or 2
  std::optional<double> gap() const {
    if (!teacher_score || !student_score) return std::nullopt;
    return *teacher_score - *student_score;
  }
};

// The mean of the orders that have scores. (The reference averages a missing one as -1; specs: a bug, not a
// rule.)
Judgement combine(int64_t instruction_id, const std::optional<Verdict>& teacher_first,
                  const std::optional<Verdict>& student_first);

}  // namespace retort
