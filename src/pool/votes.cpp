#include "pool/votes.h"

#include <algorithm>
#include <cmath>

namespace retort {
namespace {

struct KindTally {
  double judged = 0, passed = 0, gap = 0;
};

// Of the candidates that have a gap; `threshold` says who passes.
std::map<std::string_view, KindTally> tally(std::span<const SeedCandidate> candidates, double threshold) {
  std::map<std::string_view, KindTally> kinds;
  for (const SeedCandidate& candidate : candidates) {
    if (!candidate.gap) continue;
    KindTally& kind = kinds[candidate.kind];
    kind.judged += 1;
    kind.passed += *candidate.gap < threshold ? 1 : 0;
    kind.gap += std::max(0.0, *candidate.gap);
  }
  return kinds;
}

}  // namespace

KindVotes votes_by_gap(std::span<const SeedCandidate> candidates) {
  KindVotes votes;
  for (const auto& [kind, t] : tally(candidates, 0)) votes.emplace(kind, t.gap / t.judged);
  return votes;
}

KindVotes votes_by_pass_rate(std::span<const SeedCandidate> candidates, double threshold) {
  KindVotes votes;
  for (const auto& [kind, t] : tally(candidates, threshold)) {
    const double p = (t.passed + 1) / (t.judged + 2);
    votes.emplace(kind, p * (1 - p));
  }
  return votes;
}

KindVotes votes_by_loss(const KindLosses& now) { return now; }

KindVotes votes_by_likelihood(const KindLosses& now) {
  KindVotes votes;
  for (const auto& [kind, loss] : now) {
    const double q = std::exp(-loss);
    votes.emplace(kind, q * (1 - q));
  }
  return votes;
}

KindVotes votes_by_progress(const KindLosses& before, const KindLosses& now) {
  KindVotes votes;
  for (const auto& [kind, loss] : now)
    if (auto earlier = before.find(kind); earlier != before.end())
      votes.emplace(kind, std::max(0.0, earlier->second - loss));
  return votes;
}

}  // namespace retort
