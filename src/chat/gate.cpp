#include "chat/gate.h"

#include <algorithm>

namespace retort {

Gate::Gate(int concurrency_max)
    : concurrency_max_(std::max(1, concurrency_max)),
      window_(concurrency_max_),
      threshold_(concurrency_max_) {}

int Gate::slots(int64_t now_ms, int in_flight, int in_flight_of_epoch) const {
  if (now_ms < closed_until_ms_) return 0;
  // Slow replies from before the storm take their place, but they do not hold up the probe.
  return std::max(0, std::min(window_ - in_flight_of_epoch, concurrency_max_ - in_flight));
}

void Gate::limited(int64_t now_ms, uint64_t epoch, int64_t wait_ms) {
  park(now_ms + wait_ms);
  if (epoch != epoch_) return;
  ++epoch_;
  ++level_;
  // A probe that is refused says nothing new of how many were too many.
  if (window_ > 1) threshold_ = std::max(1, window_ / 2);
  window_ = 1;
  passed_of_round_ = 0;
}

void Gate::park(int64_t until_ms) { closed_until_ms_ = std::max(closed_until_ms_, until_ms); }

void Gate::passed(uint64_t epoch) {
  if (epoch != epoch_) return;
  level_ = 0;
  if (window_ >= threshold_ && ++passed_of_round_ < window_) return;
  passed_of_round_ = 0;
  window_ = std::min(window_ + 1, concurrency_max_);
}

}  // namespace retort
