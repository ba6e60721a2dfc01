// How many requests may be on their way. A storm (a 429, or one failure after another) closes the gate for
// everybody and halves what may be on its way (multiplicative decrease). When the gate opens again one
// request probes; with every good reply one more may leave at a time, so that the number doubles a round
// trip, up to that half; from there it grows by one a round trip (additive increase; TCP Reno, RFC 5681).
#pragma once

#include <cstdint>

namespace retort {

class Gate {
 public:
  explicit Gate(int concurrency_max);

  // How many may leave now, with so many in flight (all, and those sent since the last storm began).
  int slots(int64_t now_ms, int in_flight, int in_flight_of_epoch) const;
  // Before this time slots() is 0.
  int64_t opens_ms() const { return closed_until_ms_; }
  // Storms are counted in epochs: trouble of a request of an earlier epoch is old news.
  uint64_t epoch() const { return epoch_; }
  // How many storms in a row, without a good reply between.
  int level() const { return level_; }

  void limited(int64_t now_ms, uint64_t epoch, int64_t wait_ms);
  // Nothing leaves before then; begins no epoch.
  void park(int64_t until_ms);
  void passed(uint64_t epoch);

 private:
  int concurrency_max_;
  int window_;
  int threshold_;  // below it the window grows with every reply, above it with every round
  int passed_of_round_ = 0;
  int64_t closed_until_ms_ = INT64_MIN;
  uint64_t epoch_ = 0;
  int level_ = 0;
};

}  // namespace retort
