// A set of rows of the store, a bit each: ids are small, since the store gives the smallest that is free. Ten
// million take 1.3 MB, of a std::set 480.
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"

namespace retort {

class IdSet {
 public:
  IdSet() = default;
  explicit IdSet(const std::vector<int64_t>& ids) {
    for (int64_t id : ids) insert(id);
  }
  // False when it was there. Requires id >= 0.
  bool insert(int64_t id) {
    RETORT_CHECK(id >= 0, "row {}", id);
    const auto at = static_cast<size_t>(id);
    if (at >= has_.size()) has_.resize(at + 1);
    if (has_[at]) return false;
    has_[at] = true;
    return true;
  }
  bool contains(int64_t id) const {
    return id >= 0 && static_cast<size_t>(id) < has_.size() && has_[static_cast<size_t>(id)];
  }

 private:
  std::vector<bool> has_;
};

}  // namespace retort
