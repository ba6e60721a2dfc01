// Counter-based random numbers: a stream is named by (seed, label, index), so that what is drawn for one
// item never depends on which items were drawn before it, on threads or on arrival (DESIGN §4). The generator
// is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11).
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace retort {

class Random {
 public:
  // Same arguments, same numbers, on every machine. `label` says what it is for ("generate/1", "shuffle").
  Random(uint64_t seed, std::string_view label, uint64_t index = 0);

  uint64_t next();                        // uniform over all 64-bit values
  double uniform();                       // [0, 1), 53 bits
  double normal();                        // mean 0, variance 1 (Box-Muller, no state kept)
  uint64_t below(uint64_t bound);         // [0, bound), unbiased; bound >= 1
  int64_t range(int64_t lo, int64_t hi);  // [lo, hi], both included; lo <= hi
  bool chance(double probability) { return uniform() < probability; }

  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  void refill();
  uint32_t key_[2];
  uint32_t counter_[4];
  uint32_t block_[4];
  int used_ = 4;  // words of block_ already given out
};

}  // namespace retort
