// The results of `retort eval RUN`, which lie in the run's folder (evals/results/*.json).
#pragma once

#include <vector>

#include "base/file.h"
#include "eval/report.h"

namespace retort {

// In the order of their files' names. A file that is no result is left out, with a warning.
std::vector<EvalReport> read_evals(const Path& run_folder);
// Summed up, without the single questions: an array of what web/src/figures.ts calls Eval. Shares and
// relative scores are percents, grades are points, as `retort eval` prints them.
Json evals_json(const std::vector<EvalReport>& reports);

}  // namespace retort
