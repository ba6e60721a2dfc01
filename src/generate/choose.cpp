#include "generate/choose.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "generate/choice_kernel.h"

namespace retort {
namespace {

struct Candidate {
  int32_t id;
  double weight;  // probability, up to a factor
};

bool likelier(const Candidate& a, const Candidate& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
}

// A row with the largest logit of each block: what a search for large logits asks first.
struct Row {
  explicit Row(std::span<const float> logits) : logits_V(logits) {
    largest.resize(static_cast<size_t>(choice_blocks(size())));
    block_maxima(logits_V.data(), size(), largest.data());
    highest = *std::max_element(largest.begin(), largest.end());
    RETORT_CHECK(std::isfinite(highest), "logits are not numbers");
  }
  int64_t size() const { return static_cast<int64_t>(logits_V.size()); }

  // Calls take(id, logit) for every logit that is not below `floor`, in the order of ids.
  template <class Take>
  void for_each_from(float floor, const Take& take) const {
    for (size_t block = 0; block < largest.size(); ++block) {
      if (largest[block] < floor) continue;
      size_t begin = block * kChoiceBlock, end = std::min(begin + kChoiceBlock, logits_V.size());
      for (size_t id = begin; id < end; ++id)
        if (logits_V[id] >= floor) take(static_cast<int32_t>(id), logits_V[id]);
    }
  }

  // The k-th largest logit. The k-th largest of the blocks' largest is no larger, and cuts off most.
  float kth(int64_t k) const {
    auto nth = [](std::vector<float> values, int64_t n) {
      std::nth_element(values.begin(), values.begin() + (n - 1), values.end(), std::greater<>());
      return values[static_cast<size_t>(n - 1)];
    };
    float floor = k <= static_cast<int64_t>(largest.size()) ? nth(largest, k) : -INFINITY;
    std::vector<float> held;
    for_each_from(floor, [&](int32_t, float logit) { held.push_back(logit); });
    return nth(std::move(held), k);
  }

  std::span<const float> logits_V;
  std::vector<float> largest;
  float highest = 0;
};

double sum_of(const std::vector<float>& sums) {
  double total = 0;
  for (float sum : sums) total += sum;
  return total;
}

std::vector<float> weights_by_block(const Row& row, double temperature) {
  std::vector<float> sums(row.largest.size());
  block_weights(row.logits_V.data(), row.size(), row.highest, static_cast<float>(1 / temperature),
                sums.data());
  return sums;
}

std::vector<Candidate> candidates_from(const Row& row, float floor, double temperature) {
  std::vector<Candidate> candidates;
  row.for_each_from(floor, [&](int32_t id, float logit) {
    candidates.push_back({id, std::exp((static_cast<double>(logit) - row.highest) / temperature)});
  });
  return candidates;
}

double total_weight(const std::vector<Candidate>& candidates) {
  double total = 0;
  for (const Candidate& c : candidates) total += c.weight;
  return total;
}

// The fewest, likeliest first, that reach the wanted weight; all when they do not.
void keep_weight(std::vector<Candidate>& candidates, double wanted) {
  std::sort(candidates.begin(), candidates.end(), likelier);
  double sum = 0;
  size_t kept = 0;
  while (kept < candidates.size() && (kept == 0 || sum < wanted)) sum += candidates[kept++].weight;
  candidates.resize(kept);
}

// The fewest whose share of the whole row reaches p: few tokens hold most of it, so the floor is lowered
// until what lies above it is enough.
std::vector<Candidate> likeliest_share(const Row& row, const ChoiceOptions& options) {
  double wanted = options.top_p * sum_of(weights_by_block(row, options.temperature));
  for (double depth : {6.0, 14.0}) {  // in nats below the likeliest
    float floor = static_cast<float>(row.highest - depth * options.temperature);
    std::vector<Candidate> candidates = candidates_from(row, floor, options.temperature);
    if (total_weight(candidates) < wanted) continue;
    keep_weight(candidates, wanted);
    return candidates;
  }
  std::vector<Candidate> candidates = candidates_from(row, -INFINITY, options.temperature);
  keep_weight(candidates, wanted);
  return candidates;
}

int32_t draw_from(const std::vector<Candidate>& candidates, Random& random) {
  double left = random.uniform() * total_weight(candidates);
  for (const Candidate& c : candidates)
    if ((left -= c.weight) < 0) return c.id;
  return candidates.back().id;  // rounding ate the last sliver
}

// No limit at all: the block first, then the token within it.
int32_t draw_from_all(const Row& row, double temperature, Random& random) {
  std::vector<float> sums = weights_by_block(row, temperature);
  double left = random.uniform() * sum_of(sums);
  size_t block = 0;
  while (block + 1 < sums.size() && left >= sums[block]) left -= sums[block++];
  while (sums[block] == 0) --block;  // rounding may lead past the last weight
  size_t begin = block * kChoiceBlock, end = std::min(begin + kChoiceBlock, row.logits_V.size());
  int32_t last = 0;
  for (size_t id = begin; id < end; ++id) {
    double weight = std::exp((static_cast<double>(row.logits_V[id]) - row.highest) / temperature);
    if (weight > 0) last = static_cast<int32_t>(id);
    if ((left -= weight) < 0) break;
  }
  return last;
}

}  // namespace

int32_t draw_token(std::span<const float> logits_V, const ChoiceOptions& options, Random& random) {
  RETORT_CHECK(options.temperature > 0 && !logits_V.empty(), "temperature {} over {} logits",
               options.temperature, logits_V.size());
  Row row(logits_V);
  bool limited = options.top_k > 0 && options.top_k < row.size();
  if (!limited && options.top_p >= 1 && options.min_p <= 0)
    return draw_from_all(row, options.temperature, random);
  std::vector<Candidate> candidates;
  if (limited) {
    candidates = candidates_from(row, row.kth(options.top_k), options.temperature);
    if (options.top_p < 1) keep_weight(candidates, options.top_p * total_weight(candidates));
  } else if (options.top_p < 1) {
    candidates = likeliest_share(row, options);
  } else {
    // A little below the limit; the weights decide.
    double depth = (1 - std::log(options.min_p)) * options.temperature;
    candidates = candidates_from(row, static_cast<float>(row.highest - depth), options.temperature);
  }
  if (options.min_p > 0)
    std::erase_if(candidates, [&](const Candidate& c) { return c.weight < options.min_p; });
  return draw_from(candidates, random);
}

int32_t likeliest_token(std::span<const float> logits_V) {
  Row row(logits_V);
  int32_t best = -1;
  row.for_each_from(row.highest, [&](int32_t id, float) { best = best < 0 ? id : best; });
  return best;
}

void penalize_tokens(std::span<float> logits_V, std::span<const int32_t> seen, double penalty) {
  float factor = static_cast<float>(penalty);
  for (int32_t id : seen) {
    float& logit = logits_V[static_cast<size_t>(id)];
    logit = logit > 0 ? logit / factor : logit * factor;
  }
}

double log_sum_exp(std::span<const float> logits_V) {
  Row row(logits_V);
  return row.highest + std::log(sum_of(weights_by_block(row, 1)));
}

std::vector<LikelyToken> likeliest_tokens(std::span<const float> logits_V, int64_t count, double log_sum) {
  Row row(logits_V);
  std::vector<Candidate> candidates =
      candidates_from(row, row.kth(std::clamp<int64_t>(count, 1, row.size())), 1);
  std::sort(candidates.begin(), candidates.end(), likelier);
  std::vector<LikelyToken> likely;
  for (const Candidate& c : candidates) {
    if (static_cast<int64_t>(likely.size()) >= count) break;
    likely.push_back({c.id, static_cast<float>(logits_V[static_cast<size_t>(c.id)] - log_sum)});
  }
  return likely;
}

}  // namespace retort
