// Which seeds the generator writes from: one pure function of pool, kinds and verdicts, with several rules.
// The draws are an endless sequence indexed by attempt, so that what is drawn for attempt 7 never depends on
// how attempt 6 went.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "data/instruction.h"
#include "pool/task_mix.h"

namespace retort {

struct SeedCandidate {
  int64_t id = 0;
  std::string_view kind;                // empty: unknown (all unknowns are one kind)
  std::optional<double> gap;            // teacher's score minus student's; nothing: unjudged or not judged
  std::optional<double> teacher_score;  // of its own answer; there when the gap is
};

// The share of the draws that each kind gets, up to a factor (pool/votes.h); a kind that is not in it counts
// as the mean of the others. None, or none above 0: one vote each.
using KindVotes = std::map<std::string, double, std::less<>>;

// A group of instructions to be written.
struct SeedBucket {
  Origin origin = Origin::Same;
  int64_t count = 0;           // how many accepted instructions it wants
  std::vector<int64_t> seeds;  // whom it draws from
  bool balanced = false;       // one vote per kind instead of one per seed
  std::vector<std::vector<int64_t>>
      by_kind;                      // the seeds by kind (kinds in order of name), for balanced draws
  std::vector<double> votes_up_to;  // votes of the kinds up to and with each; empty: one vote each
  int64_t children_max = 0;         // accepted instructions that one seed may bring in a round; 0: any
  // The seed of an attempt, uniform with replacement. Requires seeds.
  int64_t draw(uint64_t seed, std::string_view stage, uint64_t attempt) const;
};

struct SelectionOptions {
  std::string rule = "gap";    // "gap" (Lion), "random" (plain imitation), "balanced" (one vote per kind, no
                               // judge), "votes" (so many votes per kind), "mix" (towards TAPIR's shares)
  double threshold = 1.0;      // gap: hard when gap >= threshold (Lion: 1.0, with >=)
  double hard_share = 0.5;     // gap: share of new instructions written from hard seeds (Lion: 1:1)
  bool vote_per_kind = false;  // gap: within hard and easy, one vote per kind
  KindVotes votes;             // votes: of each kind
  KindCounts have;             // mix: instructions of each kind that there are
  bool mix_as_pool = false;    // mix: towards the shares that the pool has instead of TAPIR's
  int64_t children_max = 8;    // mix: of one seed in a round; 0: any (specs/tapir.md §1.6)
};

struct Split {
  std::vector<int64_t> hard, easy, unjudged;
};
// hard: gap >= threshold. Unjudged candidates are in neither.
Split split_by_gap(std::span<const SeedCandidate> candidates, double threshold);
// |hard| at each threshold, from stored gaps; no calls.
std::vector<int64_t> sweep_thresholds(std::span<const SeedCandidate> candidates,
                                      std::span<const double> thresholds);

// `count` of the candidates without replacement, in their order: each kind is drawn as often as its votes say
// while it lasts, the candidates of a kind alike (Efraimidis and Spirakis, "Weighted random sampling with a
// reservoir", IPL 2006).
std::vector<int64_t> draw_by_kind(std::span<const SeedCandidate> candidates, size_t count,
                                  const KindVotes& votes, Random random);

// The buckets for `count` new instructions; their counts sum to `count` (mix: or to what children_max lets
// the seeds bring). An empty side gives its share to the other; where both are, because no referee's reply
// could be read, all are drawn from alike. "mix" parts hard and easy as "gap" does and makes one bucket a
// kind of each, with what the pool lacks of it. InvalidArgument when the rule is unknown or there is no
// candidate.
Result<std::vector<SeedBucket>> select_seeds(std::span<const SeedCandidate> candidates, int64_t count,
                                             const SelectionOptions& options);

}  // namespace retort
