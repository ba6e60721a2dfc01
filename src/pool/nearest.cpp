#include "pool/nearest.h"

#include <algorithm>

#include "pool/rouge.h"

namespace retort {

void Nearest::offer(NearText text) {
  const auto nearer = [](const NearText& a, const NearText& b) {
    return a.score != b.score ? a.score > b.score : a.text < b.text;
  };
  texts_.insert(std::upper_bound(texts_.begin(), texts_.end(), text, nearer), text);
  if (texts_.size() > count_) texts_.pop_back();
}

size_t Nearest::least_lcs_to_enter(size_t m, size_t n) const {
  if (count_ == 0) return SIZE_MAX;
  if (texts_.size() < count_ || texts_.back().score == 0) return 0;
  // As near as the last one: it enters if it came earlier.
  size_t least = least_lcs(m, n, texts_.back().score);
  if (least > 0 && rouge_l_from(least - 1, m, n) == texts_.back().score) --least;
  return least;
}

}  // namespace retort
