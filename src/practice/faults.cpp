#include "practice/faults.h"

#include "base/random.h"

namespace retort::practice {

Fault planned_fault(const TeacherOptions& options, const Question& question, int64_t asked_before) {
  if (asked_before > 0) return Fault::None;
  struct Share {
    Fault fault;
    double share;
  };
  const Share shares[] = {{Fault::TooManyRequests, options.fault_429},
                          {Fault::ServerError, options.fault_500},
                          {Fault::Stall, options.fault_stall},
                          {Fault::Truncate, options.fault_truncate},
                          {Fault::Garbage, options.fault_garbage}};
  double left = Random(options.seed, "practice/fault", question.stream()).uniform();
  for (const auto& [fault, share] : shares) {
    if (left < share) return fault;
    left -= share;
  }
  return Fault::None;
}

}  // namespace retort::practice
