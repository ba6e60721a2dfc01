// The curriculum sampler: what a round trains on (TAPIR, arXiv 2405.13448; specs/tapir.md §1.8). Alpha is a
// sampling share, not a weight of the loss: so many of a round's examples are hard, exactly. Within hard and
// rest a kind is drawn by its share among the kinds that are left, then one of its items without replacement.
// The same sampler with equal shares is Orca's over tasks (arXiv 2306.02707, Algorithm 1).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pool/selection.h"
#include "pool/task_mix.h"

namespace retort {

// alpha + (round - 1) * step, kept in [0, 1]; rounds from 1 (TAPIR: 0.3, 0.5, 0.7).
double alpha_of_round(double alpha, double step, int round);

// `count` of the candidates, or all where there are fewer, in the order they were drawn: a live kind by its
// share, then the next of its items, shuffled by a stream of its own, so that another kind more or less
// changes no other's order. A kind without a share is never drawn. Deterministic in (seed, label) and the
// candidates' order.
std::vector<int64_t> draw_by_shares(std::span<const SeedCandidate> candidates, const KindShares& shares,
                                    int64_t count, uint64_t seed, std::string_view label);

// How many hard and other examples make a round: hard is alpha of the whole, rounded half up.
struct RoundSize {
  int64_t hard = 0, rest = 0;
};
// The largest round of at most `wanted` (0: any size) with that share, given how many of each there are: it
// becomes smaller rather than repeat an item or miss the share. Where one side has none, the other is all.
RoundSize round_size(int64_t wanted, double alpha, int64_t hard_count, int64_t rest_count);

// How Orca draws from a sub-collection of its queries.
struct SubMixture {
  enum class Rule {
    All,          // everything (CoT)
    CapPerTask,   // up to `count` of each task at random, all of a smaller one (NiV2: 300)
    TaskUniform,  // `count` in all, each draw from a task drawn alike among those that are left (FLAN 2021,
                  // T0)
  };
  Rule rule = Rule::All;
  int64_t count = 0;
};
// Ids in increasing order; a candidate's kind is its task.
std::vector<int64_t> sample_sub_mixture(std::span<const SeedCandidate> candidates, const SubMixture& mixture,
                                        uint64_t seed, std::string_view label);

}  // namespace retort
