#include "pool/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/check.h"

namespace retort {
namespace {

enum class Vote { PerSeed, PerKind };

// What the kinds of a bucket's by_kind, in that order, have up to each; nothing where all have the same.
std::vector<double> votes_up_to(const std::map<std::string_view, std::vector<int64_t>>& by_kind,
                                const KindVotes& votes) {
  double known = 0, sum = 0;
  for (const auto& [kind, ids] : by_kind)
    if (auto found = votes.find(kind); found != votes.end()) known += 1, sum += found->second;
  if (!(sum > 0)) return {};
  std::vector<double> up_to;
  for (const auto& [kind, ids] : by_kind) {
    const auto found = votes.find(kind);
    up_to.push_back((up_to.empty() ? 0 : up_to.back()) +
                    (found == votes.end() ? sum / known : found->second));
  }
  return up_to;
}

SeedBucket make_bucket(Origin origin, int64_t count, std::vector<int64_t> seeds, Vote vote,
                       const std::map<int64_t, std::string_view>& kinds, const KindVotes& votes = {}) {
  SeedBucket bucket{.origin = origin, .count = count, .seeds = std::move(seeds)};
  if (vote == Vote::PerSeed) return bucket;
  bucket.balanced = true;
  std::map<std::string_view, std::vector<int64_t>> by_kind;
  for (int64_t id : bucket.seeds) by_kind[kinds.at(id)].push_back(id);
  bucket.votes_up_to = votes_up_to(by_kind, votes);
  for (auto& [kind, ids] : by_kind) bucket.by_kind.push_back(std::move(ids));
  return bucket;
}

// One bucket a kind, with what the pool lacks of it; what is written counts as had for the next side.
void add_mix_buckets(Origin origin, int64_t count, const std::vector<int64_t>& seeds,
                     const std::map<int64_t, std::string_view>& kinds, const SelectionOptions& options,
                     KindCounts& have, std::vector<SeedBucket>& buckets) {
  std::map<std::string, std::vector<int64_t>, std::less<>> by_kind;
  for (int64_t id : seeds) by_kind[std::string(kinds.at(id))].push_back(id);
  // Shares over all that the pool has, and of these the kinds that can be written from.
  KindCounts known = have;
  for (const auto& [kind, ids] : by_kind) known[kind] += 1;
  KindShares shares = options.mix_as_pool ? known : target_shares(known);
  std::erase_if(shares, [&](const auto& entry) { return !by_kind.contains(entry.first); });
  KindCounts limits;
  if (options.children_max > 0)
    for (const auto& [kind, ids] : by_kind)
      limits[kind] = static_cast<int64_t>(ids.size()) * options.children_max;
  for (const auto& [kind, part] : fill_towards(have, shares, count, limits)) {
    if (part == 0) continue;
    have[kind] += part;
    buckets.push_back(
        {.origin = origin, .count = part, .seeds = by_kind.at(kind), .children_max = options.children_max});
  }
}

// The hard side's part of `count`, by largest remainder; a tie goes to hard. An empty side has none.
int64_t hard_count(int64_t count, double hard_share, const Split& split) {
  if (split.hard.empty()) return 0;
  if (split.easy.empty()) return count;
  double exact = static_cast<double>(count) * hard_share, whole = std::floor(exact);
  return static_cast<int64_t>(whole) + (exact - whole >= 0.5 ? 1 : 0);
}

Result<void> check_options(int64_t count, const SelectionOptions& options) {
  if (options.rule != "gap" && options.rule != "random" && options.rule != "balanced" &&
      options.rule != "votes" && options.rule != "mix")
    return Error{
        ErrorCode::InvalidArgument,
        format("unknown selection rule \"{}\"; use gap, random, balanced, votes or mix", options.rule)};
  for (const auto& [kind, vote] : options.votes)
    RETORT_CHECK(std::isfinite(vote) && vote >= 0, "{} votes for {}", vote, kind);
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
  if (!balanced) return random.pick(seeds);
  if (votes_up_to.empty()) return random.pick(random.pick(by_kind));
  const double point = random.uniform() * votes_up_to.back();
  const auto kind = std::upper_bound(votes_up_to.begin(), votes_up_to.end() - 1, point);
  return random.pick(by_kind[static_cast<size_t>(kind - votes_up_to.begin())]);
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

std::vector<int64_t> draw_by_kind(std::span<const SeedCandidate> candidates, size_t count,
                                  const KindVotes& votes, Random random) {
  std::map<std::string_view, double> sizes;
  for (const SeedCandidate& candidate : candidates) sizes[candidate.kind] += 1;
  double known = 0, sum = 0;
  for (const auto& [kind, size] : sizes)
    if (auto found = votes.find(kind); found != votes.end()) known += 1, sum += found->second;
  const double unknown = sum > 0 ? sum / known : 1;
  // The smallest waiting times win; a candidate waits one over its weight on average.
  constexpr double kNever = std::numeric_limits<double>::infinity();
  std::vector<std::pair<double, size_t>> waits;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const std::string_view kind = candidates[i].kind;
    const auto found = sum > 0 ? votes.find(kind) : votes.end();
    const double weight = (found == votes.end() ? unknown : found->second) / sizes.at(kind);
    const double wait = weight > 0 ? -std::log1p(-random.uniform()) / weight : kNever;
    waits.emplace_back(wait, i);
  }
  std::sort(waits.begin(), waits.end());
  waits.resize(std::min(count, waits.size()));
  std::sort(waits.begin(), waits.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<int64_t> drawn;
  for (const auto& [wait, i] : waits) drawn.push_back(candidates[i].id);
  return drawn;
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
  if (all.empty())
    return Error{ErrorCode::InvalidArgument, "no instruction to write from: the pool is empty"};
  Split split;
  if (options.rule == "gap" || options.rule == "mix") split = split_by_gap(candidates, options.threshold);
  KindCounts have = options.have;
  if (options.rule == "mix" && split.hard.empty() && split.easy.empty()) {
    add_mix_buckets(Origin::Same, count, all, kinds, options, have, buckets);
    return buckets;
  }
  if (split.hard.empty() && split.easy.empty()) {
    Vote vote = options.rule == "balanced" || options.rule == "votes" ? Vote::PerKind : Vote::PerSeed;
    const KindVotes votes = options.rule == "votes" ? options.votes : KindVotes();
    buckets.push_back(make_bucket(Origin::Same, count, std::move(all), vote, kinds, votes));
    return buckets;
  }
  int64_t hard = hard_count(count, options.hard_share, split);
  if (options.rule == "mix") {
    add_mix_buckets(Origin::Hard, hard, split.hard, kinds, options, have, buckets);
    add_mix_buckets(Origin::Easy, count - hard, split.easy, kinds, options, have, buckets);
    return buckets;
  }
  Vote vote = options.vote_per_kind ? Vote::PerKind : Vote::PerSeed;
  if (hard > 0) buckets.push_back(make_bucket(Origin::Hard, hard, std::move(split.hard), vote, kinds));
  if (hard < count)
    buckets.push_back(make_bucket(Origin::Easy, count - hard, std::move(split.easy), vote, kinds));
  return buckets;
}

}  // namespace retort
