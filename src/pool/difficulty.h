// How hard an instruction is for this student: pure functions of what was measured of it. Model fitting
// difficulty is TAPIR's (arXiv 2405.13448), the weight of a pass rate PACED's (arXiv 2603.11178).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pool/selection.h"

namespace retort {

// The gap is the teacher's score minus the student's, each the mean of both orders: never the other way round
// (one transcript of the paper prints it so, which keeps what the student does best).
struct FittingOptions {
  double delta = 2;               // hard when the gap is above this (TAPIR: 2)
  double teacher_min = 7;         // a smaller score of the teacher's own answer: it teaches nothing (ours)
  std::optional<double> gap_max;  // a larger gap is out of reach for this student; nothing: no such limit
};
// Every candidate is in one of them.
struct Fitting {
  std::vector<int64_t> hard, rest;
  std::vector<int64_t> weak_teacher;  // the teacher's answer scores below teacher_min: enters no training
  std::vector<int64_t> out_of_reach;  // gap above gap_max
  std::vector<int64_t> unjudged;      // no score, or none for the teacher: never a number
};
Fitting split_by_fitting(std::span<const SeedCandidate> candidates, const FittingOptions& options);

// p(1-p) for p = passed / tried: most where the student now succeeds and now fails, nothing where it always
// or never does. Requires tried >= 1 and 0 <= passed <= tried.
double frontier_weight(int64_t passed, int64_t tried);

// The share of the items that must be looked at, by falling score, until `recall` of the hard ones are found;
// among equal scores the hard ones count as spread evenly. Random order needs `recall` of them. Nothing where
// none is hard. Requires as many scores as flags, and recall in (0, 1].
std::optional<double> share_for_recall(std::span<const double> scores, const std::vector<bool>& hard,
                                       double recall);

// Spearman's rank correlation, equal values sharing the mean of their ranks; nothing where there are fewer
// than two pairs or one side is constant. Requires equal lengths and finite values.
std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b);

}  // namespace retort
