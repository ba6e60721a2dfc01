#include "generate/choose.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace retort {
namespace {

struct Candidate {
  int32_t id;
  double weight;  // probability, up to a factor
};

// The logit below which top-k drops a token.
float kth_logit(std::span<const float> logits_V, int64_t k) {
  std::vector<float> sorted(logits_V.begin(), logits_V.end());
  auto kth = sorted.begin() + (k - 1);
  std::nth_element(sorted.begin(), kth, sorted.end(), std::greater<>());
  return *kth;
}

double total_weight(const std::vector<Candidate>& candidates) {
  double total = 0;
  for (const Candidate& c : candidates) total += c.weight;
  return total;
}

// Likeliest first, and of equals the smaller id; keeps the fewest that reach the share.
void keep_share(std::vector<Candidate>& candidates, double share) {
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  });
  double wanted = share * total_weight(candidates), sum = 0;
  size_t kept = 0;
  while (kept < candidates.size() && (kept == 0 || sum < wanted)) sum += candidates[kept++].weight;
  candidates.resize(kept);
}

}  // namespace

int32_t draw_token(std::span<const float> logits_V, const ChoiceOptions& options, Random& random) {
  RETORT_CHECK(options.temperature > 0 && !logits_V.empty(), "temperature {} over {} logits",
               options.temperature, logits_V.size());
  float highest = *std::max_element(logits_V.begin(), logits_V.end());
  bool limited = options.top_k > 0 && options.top_k < static_cast<int64_t>(logits_V.size());
  float lowest = limited ? kth_logit(logits_V, options.top_k) : -INFINITY;
  std::vector<Candidate> candidates;
  for (size_t id = 0; id < logits_V.size(); ++id)
    if (logits_V[id] >= lowest)
      candidates.push_back({static_cast<int32_t>(id),
                            std::exp((static_cast<double>(logits_V[id]) - highest) / options.temperature)});
  RETORT_CHECK(!candidates.empty(), "logits are not numbers");
  if (options.top_p < 1) keep_share(candidates, options.top_p);
  double left = random.uniform() * total_weight(candidates);
  for (const Candidate& c : candidates)
    if ((left -= c.weight) < 0) return c.id;
  return candidates.back().id;  // rounding ate the last sliver
}

}  // namespace retort
