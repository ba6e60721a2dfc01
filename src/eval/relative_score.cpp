#include "eval/relative_score.h"

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace retort {

RelativeScore relative_score(std::span<const ScoredPair> pairs, const BootstrapOptions& options) {
  RelativeScore score;
  for (const ScoredPair& pair : pairs) {
    score.reference_total += pair.reference;
    score.candidate_total += pair.candidate;
    score.wins += pair.candidate > pair.reference ? 1 : 0;
    score.ties += pair.candidate == pair.reference ? 1 : 0;
    score.losses += pair.candidate < pair.reference ? 1 : 0;
  }
  if (score.reference_total <= 0) return score;
  const double value = 100 * score.candidate_total / score.reference_total;
  std::vector<double> ratios;
  for (int64_t r = 0; r < options.resamples; ++r) {
    Random random(options.seed, "bootstrap/relative", static_cast<uint64_t>(r));
    double over = 0, under = 0;
    for (size_t i = 0; i < pairs.size(); ++i) {
      const ScoredPair& pair = pairs[random.below(pairs.size())];
      over += pair.candidate;
      under += pair.reference;
    }
    if (under > 0) ratios.push_back(100 * over / under);
  }
  std::sort(ratios.begin(), ratios.end());
  if (ratios.empty()) return score;
  auto at = [&](double share) {
    return ratios[static_cast<size_t>(share * static_cast<double>(ratios.size() - 1) + 0.5)];
  };
  score.relative = Estimate{value, at(0.025), at(0.975)};
  return score;
}

}  // namespace retort
