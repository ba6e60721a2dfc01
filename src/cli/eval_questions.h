// Which questions an evaluation asks, and which of them its training rows held.
#pragma once

#include <string>
#include <vector>

#include "eval/suite.h"

namespace retort {

// Held-out instructions of every skill and level of the practice world, as a suite.
std::vector<EvalQuestion> practice_questions(int64_t per_kind, uint64_t seed);
// `limit` of them, spread evenly, so that every task is there where there are enough; 0: all.
std::vector<EvalQuestion> spread(std::vector<EvalQuestion> questions, int64_t limit);
// Of training files and of a run's instructions (empty: no run); null when there is neither. Throws RunError.
Json contamination_of(const std::vector<EvalQuestion>& questions, const std::vector<std::string>& train,
                      const Path& run);

}  // namespace retort
