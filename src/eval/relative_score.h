// Vicuna's measure: a candidate's scores as a share of the reference's, summed over the questions, and how
// often each was better (specs/orca_and_methods.md 3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "eval/interval.h"

namespace retort {

struct ScoredPair {
  double reference = 0, candidate = 0;
};
struct RelativeScore {
  double reference_total = 0, candidate_total = 0;
  int64_t wins = 0, ties = 0, losses = 0;  // of the candidate
  // 100 * candidate / reference, resampling the questions; nothing when the reference has no points.
  std::optional<Estimate> relative;
};
RelativeScore relative_score(std::span<const ScoredPair> pairs, const BootstrapOptions& options = {});

}  // namespace retort
