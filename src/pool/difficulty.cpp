#include "pool/difficulty.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace retort {
namespace {

// From 1; equal values share the mean of the places that they take.
std::vector<double> mean_ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + 1 + end) / 2;
  }
  return ranks;
}

}  // namespace

Fitting split_by_fitting(std::span<const SeedCandidate> candidates, const FittingOptions& options) {
  Fitting fitting;
  for (const SeedCandidate& candidate : candidates) {
    std::vector<int64_t>& side = !candidate.gap || !candidate.teacher_score             ? fitting.unjudged
                                 : *candidate.teacher_score < options.teacher_min       ? fitting.weak_teacher
                                 : options.gap_max && *candidate.gap > *options.gap_max ? fitting.out_of_reach
                                 : *candidate.gap > options.delta                       ? fitting.hard
                                                                                        : fitting.rest;
    side.push_back(candidate.id);
  }
  return fitting;
}

double frontier_weight(int64_t passed, int64_t tried) {
  RETORT_CHECK(tried >= 1 && passed >= 0 && passed <= tried, "{} of {}", passed, tried);
  const double p = static_cast<double>(passed) / static_cast<double>(tried);
  return p * (1 - p);
}

std::optional<double> share_for_recall(std::span<const double> scores, const std::vector<bool>& hard,
                                       double recall) {
  RETORT_CHECK(scores.size() == hard.size() && recall > 0 && recall <= 1, "{} scores, {} flags",
               scores.size(), hard.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return scores[i] > scores[j]; });
  const auto all = static_cast<double>(std::count(hard.begin(), hard.end(), true));
  if (all == 0) return std::nullopt;
  double wanted = recall * all;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double found = 0;
    while (end < order.size() && scores[order[end]] == scores[order[begin]])
      found += hard[order[end++]] ? 1 : 0;
    if (found >= wanted && found > 0) {
      const double part = wanted / found * static_cast<double>(end - begin);
      return (static_cast<double>(begin) + part) / static_cast<double>(order.size());
    }
    wanted -= found;
  }
  return 1.0;
}

std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b) {
  RETORT_CHECK(a.size() == b.size(), "{} and {} values", a.size(), b.size());
  const std::vector<double> x = mean_ranks(a), y = mean_ranks(b);
  const double mean = (static_cast<double>(a.size()) + 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return xy / std::sqrt(xx * yy);
}

}  // namespace retort
