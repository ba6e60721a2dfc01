#include "pool/task_mix.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "data/task_label.h"

namespace retort {
namespace {

__extension__ using Wide = __int128;  // products of counts and shares

int64_t sum_of(const KindCounts& counts) {
  int64_t sum = 0;
  for (const auto& [kind, count] : counts) sum += count;
  return sum;
}

int64_t count_of(const KindCounts& counts, const std::string& kind) {
  const auto found = counts.find(kind);
  return found == counts.end() ? 0 : found->second;
}

// Those of `shares` that a pool of all in `have` and `count` more still lacks, with what each then gets. A
// kind that has too many already is left out, which leaves less for the others, so that another may have too
// many: it ends because every turn leaves one out.
KindCounts fill_without_limits(const KindCounts& have, KindShares shares, int64_t count) {
  for (;;) {
    Wide size = count, units = 0;
    for (const auto& [kind, share] : shares) {
      size += count_of(have, kind);
      units += share;
    }
    const size_t left_out = std::erase_if(shares, [&](const auto& entry) {
      return Wide(count_of(have, entry.first)) * units > size * entry.second;
    });
    if (left_out > 0) continue;
    KindCounts parts = apportion(static_cast<int64_t>(size), shares);
    for (auto& [kind, part] : parts) part -= count_of(have, kind);
    return parts;
  }
}

}  // namespace

KindShares target_shares(const KindCounts& have) {
  int64_t others = 0;  // kinds that share what Others has
  for (const auto& [kind, count] : have) {
    const TaskLabel* label = find_task_label(kind);
    if (count > 0 && (label == nullptr || label->name == kOtherTask)) ++others;
  }
  KindShares shares;
  for (const auto& [kind, count] : have) {
    if (count <= 0) continue;
    const TaskLabel* label = find_task_label(kind);
    const bool other = label == nullptr || label->name == kOtherTask;
    shares[kind] = other ? find_task_label(kOtherTask)->share : label->share * std::max<int64_t>(1, others);
  }
  return shares;
}

KindCounts apportion(int64_t count, const KindShares& shares) {
  RETORT_CHECK(count >= 0, "count {}", count);
  Wide units = 0;
  for (const auto& [kind, share] : shares) {
    RETORT_CHECK(share >= 0, "share {} of {}", share, kind);
    units += share;
  }
  RETORT_CHECK(units > 0, "no shares to part {} by", count);
  KindCounts parts;
  std::vector<std::pair<Wide, int64_t*>> remainders;
  int64_t left = count;
  for (const auto& [kind, share] : shares) {
    int64_t& part = parts[kind];
    part = static_cast<int64_t>(Wide(count) * share / units);
    left -= part;
    remainders.emplace_back(Wide(count) * share % units, &part);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; left > 0; ++i, --left) ++*remainders[i].second;
  return parts;
}

KindCounts deficits(const KindCounts& have, const KindShares& shares, int64_t size) {
  KindCounts missing = apportion(size, shares);
  for (auto& [kind, count] : missing) count = std::max<int64_t>(0, count - count_of(have, kind));
  return missing;
}

KindCounts fill_towards(const KindCounts& have, const KindShares& shares, int64_t count,
                        const KindCounts& limits) {
  RETORT_CHECK(count >= 0, "count {}", count);
  KindCounts parts;
  KindShares open = shares;
  std::erase_if(open, [](const auto& entry) { return entry.second == 0; });
  for (const auto& [kind, share] : shares) parts[kind] = 0;
  // A kind that would pass its limit gets just that, and the others are filled anew with what is left.
  while (!open.empty()) {
    const KindCounts wanted = fill_without_limits(have, open, count - sum_of(parts));
    KindCounts full;
    for (const auto& [kind, part] : wanted) {
      const auto limit = limits.find(kind);
      if (limit != limits.end() && part > limit->second) full[kind] = std::max<int64_t>(0, limit->second);
    }
    for (const auto& [kind, part] : full.empty() ? wanted : full) parts[kind] = part;
    if (full.empty()) break;
    for (const auto& [kind, part] : full) open.erase(kind);
  }
  return parts;
}

}  // namespace retort
