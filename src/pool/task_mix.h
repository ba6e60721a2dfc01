// The task mix: how many instructions of each kind a pool should have, and how many must be written for it
// (TAPIR, arXiv 2405.13448: balance comes from writing new instructions, never from repeating old ones). All
// in whole numbers, so that every sum is exact.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "base/result.h"

namespace retort {

// Relative shares of the kinds: whole numbers >= 0, of which some is above 0.
using KindShares = std::map<std::string, int64_t, std::less<>>;
using KindCounts = std::map<std::string, int64_t, std::less<>>;

// TAPIR's target over the kinds of `have` that have any: what labels are absent would get, the others share
// in proportion. Kinds that are no task label (and those unlabelled) share what Others has, alike; so a pool
// with no label at all, as the practice world's own kinds, gets one share a kind.
KindShares target_shares(const KindCounts& have);

// `count` parted by the shares with the largest remainders (Hamilton); a tie goes to the first by name. The
// parts sum to `count`, and each is its exact share rounded down or up. Requires a share above 0.
KindCounts apportion(int64_t count, const KindShares& shares);

// What each kind lacks in a pool of `size` with these shares: max(0, part - have), as TAPIR writes
// (specs/tapir.md §1.6). Where some kind has too many, the deficits are more than size - have together.
KindCounts deficits(const KindCounts& have, const KindShares& shares, int64_t size);

// `count` new instructions, parted so that the pool comes as near to the shares as that many can bring it:
// the deficits of the one size for which they sum to `count`. No kind gets more than its limit (no entry:
// none); what a limit keeps back goes to the others. The sum is `count`, or the sum of the limits where that
// is less.
KindCounts fill_towards(const KindCounts& have, const KindShares& shares, int64_t count,
                        const KindCounts& limits = {});

}  // namespace retort
