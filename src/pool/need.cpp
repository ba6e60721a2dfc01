#include "pool/need.h"

#include <algorithm>

#include "base/check.h"
#include "pool/rouge.h"

namespace retort {

// F is 2 L / (m + n) but for rounding and L is at most the shorter length, which bounds the longer.
NeedTable::NeedTable(double threshold)
    : threshold_(threshold), ratio_((2 - threshold) / std::max(threshold, 1e-9)) {
  RETORT_CHECK(threshold >= 0 && threshold <= 1, "threshold {}", threshold);
}

const NeedTable::Row& NeedTable::row(size_t m, size_t longest) {
  RETORT_CHECK(m > 0);
  auto [at, fresh] = rows_.try_emplace(m);
  Row& row = at->second;
  if (fresh) row.shortest = static_cast<size_t>(std::max(static_cast<double>(m) / ratio_ - 2, 1.0));
  const double bound = static_cast<double>(m) * ratio_ + 2;
  if (static_cast<double>(longest) > bound) longest = static_cast<size_t>(bound);
  for (size_t n = row.shortest + row.least.size(); n <= longest; ++n)
    row.least.push_back(static_cast<uint32_t>(least_lcs(m, n, threshold_)));
  return row;
}

uint32_t NeedTable::fewest(size_t m) {
  auto [at, fresh] = fewest_.try_emplace(m, 0);
  if (!fresh) return at->second;
  // The need grows with n, so the least stands among the shorter texts: the first that is long enough.
  const Row& needs = row(m, m);
  uint32_t fewest = UINT32_MAX;
  for (size_t n = needs.shortest; n <= m; ++n)
    if (needs.at(n) <= n) fewest = std::min(fewest, needs.at(n));
  return at->second = fewest;
}

}  // namespace retort
