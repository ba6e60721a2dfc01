#include "pool/selection.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"
#include "base/random.h"

namespace retort {
namespace {

enum class Vote { PerSeed, PerKind };

SeedBucket make_bucket(Origin origin, int64_t count, std::vector<int64_t> seeds, Vote vote,
                       const std::map<int64_t, std::string_view>& kinds) {
  SeedBucket bucket{.origin = origin, .count = count, .seeds = std::move(seeds)};
  if (vote == Vote::PerSeed) return bucket;
  bucket.balanced = true;
  std::map<std::string_view, std::vector<int64_t>> by_kind;
  for (int64_t id : bucket.seeds) by_kind[kinds.at(id)].push_back(id);
  for (auto& [kind, ids] : by_kind) bucket.by_kind.push_back(std::move(ids));
  return bucket;
}

// The hard side's part of `count`, by largest remainder; a tie goes to hard. An empty side has none.
int64_t hard_count(int64_t count, double hard_share, const Split& split) {
  if (split.hard.empty()) return 0;
  if (split.easy.empty()) return count;
  double exact = static_cast<double>(count) * hard_share, whole = std::floor(exact);
  return static_cast<int64_t>(whole) + (exact - whole >= 0.5 ? 1 : 0);
}

Result<void> check_options(int64_t count, const SelectionOptions& options) {
  if (options.rule != "gap" && options.rule != "random" && options.rule != "balanced")
    return Error{ErrorCode::InvalidArgument,
                 format("unknown selection rule \"{}\"; use gap, random or balanced", options.rule)};
  if (!(options.hard_share >= 0 && options.hard_share <= 1))
    return Error{ErrorCode::InvalidArgument,
                 format("hard_share is {}; it must be from 0 to 1", options.hard_share)};
  if (std::isnan(options.threshold))
    return Error{ErrorCode::InvalidArgument, "the gap threshold is no number; Lion's is 1.0"};
  RETORT_CHECK(count >= 0, "count {}", count);
  return {};
}

}  // namespace

int64_t SeedBucket::draw(uint64_t seed, std::string_view stage, uint64_t attempt) const {
  RETORT_CHECK(!seeds.empty(), "a draw from no seeds");
  // The origin is in the stream's name, so that hard and easy draws of one stage are independent.
  Random random(seed, format("{}/{}", stage, origin_name(origin)), attempt);
  return balanced ? random.pick(random.pick(by_kind)) : random.pick(seeds);
}

Split split_by_gap(std::span<const SeedCandidate> candidates, double threshold) {
  Split split;
  for (const SeedCandidate& candidate : candidates) {
    RETORT_CHECK(!candidate.gap || std::isfinite(*candidate.gap), "gap of {}", candidate.id);
    std::vector<int64_t>& side = !candidate.gap                ? split.unjudged
                                 : *candidate.gap >= threshold ? split.hard
                                                               : split.easy;
    side.push_back(candidate.id);
  }
  return split;
}

std::vector<int64_t> sweep_thresholds(std::span<const SeedCandidate> candidates,
                                      std::span<const double> thresholds) {
  std::vector<double> gaps;
  for (const SeedCandidate& candidate : candidates)
    if (candidate.gap) gaps.push_back(*candidate.gap);
  std::sort(gaps.begin(), gaps.end());
  std::vector<int64_t> counts;
  for (double threshold : thresholds)
    counts.push_back(gaps.end() - std::lower_bound(gaps.begin(), gaps.end(), threshold));
  return counts;
}

Result<std::vector<SeedBucket>> select_seeds(std::span<const SeedCandidate> candidates, int64_t count,
                                             const SelectionOptions& options) {
  RETORT_TRY(check_options(count, options));
  std::vector<SeedBucket> buckets;
  if (count == 0) return buckets;
  std::map<int64_t, std::string_view> kinds;
  std::vector<int64_t> all;
  for (const SeedCandidate& candidate : candidates) {
    kinds[candidate.id] = candidate.kind;
    all.push_back(candidate.id);
  }
  if (options.rule != "gap") {
    if (all.empty())
      return Error{ErrorCode::InvalidArgument, "no instruction to write from: the pool is empty"};
    Vote vote = options.rule == "balanced" ? Vote::PerKind : Vote::PerSeed;
    buckets.push_back(make_bucket(Origin::Same, count, std::move(all), vote, kinds));
    return buckets;
  }
  Split split = split_by_gap(candidates, options.threshold);
  if (split.hard.empty() && split.easy.empty())
    return Error{
        ErrorCode::InvalidArgument,
        format("none of {} instructions has a verdict; look at the referee's unjudged reasons", all.size())};
  int64_t hard = hard_count(count, options.hard_share, split);
  Vote vote = options.vote_per_kind ? Vote::PerKind : Vote::PerSeed;
  if (hard > 0) buckets.push_back(make_bucket(Origin::Hard, hard, std::move(split.hard), vote, kinds));
  if (hard < count)
    buckets.push_back(make_bucket(Origin::Easy, count - hard, std::move(split.easy), vote, kinds));
  return buckets;
}

}  // namespace retort
