// NoveltyPool of rouge.h.
#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/hash.h"
#include "pool/rouge.h"

namespace retort {

NoveltyPool::NoveltyPool(const NoveltyOptions& options) : options_(options) {
  RETORT_CHECK(options.threshold >= 0 && options.threshold <= 1, "threshold {}", options.threshold);
}

void NoveltyPool::add(std::string_view text) {
  ++size_;
  std::vector<uint32_t> ids = vocabulary_.ids(text);
  if (ids.empty()) {
    wordless_.emplace(text);
    return;
  }
  Group& group = groups_[ids.size()];
  group.tokens.insert(group.tokens.end(), ids.begin(), ids.end());
  group.signatures.push_back(signature(std::move(ids)));
}

bool NoveltyPool::is_near_duplicate(std::string_view text) {
  if (options_.threshold == 1.0) return false;
  std::vector<uint32_t> ids = vocabulary_.ids(text);
  if (ids.empty()) return options_.refuse_identical_wordless && wordless_.contains(std::string(text));
  size_t m = ids.size();
  pattern_.assign(ids);
  Signature query = signature(std::move(ids));
  // F is 2 L / (m + n) but for rounding and L is at most the shorter, so lengths outside these cannot pass.
  double ratio = (2 - options_.threshold) / std::max(options_.threshold, 1e-9);
  auto longest = static_cast<size_t>(std::min(static_cast<double>(m) * ratio + 2, 1e15));
  auto shortest = static_cast<size_t>(std::max(static_cast<double>(m) / ratio - 2, 1.0));
  for (auto at = groups_.lower_bound(shortest); at != groups_.end() && at->first <= longest; ++at) {
    size_t n = at->first, least = need(m, n);
    if (least > std::min(m, n)) continue;
    if (group_has_near_duplicate(at->second, n, least, query, m)) return true;
  }
  return false;
}

bool NoveltyPool::group_has_near_duplicate(const Group& group, size_t n, size_t need, const Signature& query,
                                           size_t m) {
  for (size_t i = 0; i < group.signatures.size(); ++i) {
    const Signature& entry = group.signatures[i];
    if (m - bits_missing(query, entry) < need || n - bits_missing(entry, query) < need) continue;
    TokenIds tokens(group.tokens.data() + i * n, n);
    if (pattern_.shares_at_least(tokens, need) && pattern_.length_with(tokens) >= need) return true;
  }
  return false;
}

size_t NoveltyPool::bits_missing(const Signature& has, const Signature& lacks) {
  size_t bits = 0;
  for (int w = 0; w < 4; ++w) bits += static_cast<size_t>(std::popcount(has.words[w] & ~lacks.words[w]));
  return bits;
}

NoveltyPool::Signature NoveltyPool::signature(std::vector<uint32_t> ids) {
  std::sort(ids.begin(), ids.end());
  Signature result;
  uint64_t occurrence = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    occurrence = i > 0 && ids[i] == ids[i - 1] ? occurrence + 1 : 0;
    uint64_t bit = mix64(ids[i], occurrence) % 256;
    result.words[bit / 64] |= uint64_t{1} << (bit % 64);
  }
  return result;
}

uint32_t NoveltyPool::need(size_t m, size_t n) {
  std::vector<uint32_t>& row = needs_[m];
  if (row.size() <= n) row.resize(n + 1, 0);
  // Never 0 once computed: an LCS of 0 has F = 0, which is above no threshold.
  if (row[n] == 0) row[n] = static_cast<uint32_t>(least_lcs(m, n, options_.threshold));
  return row[n];
}

}  // namespace retort
