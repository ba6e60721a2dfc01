// Time behind an interface, so that tests and the simulator own it. Waits use the monotonic time, records the
// wall time.
#pragma once

#include <cstdint>

namespace retort {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t monotonic_ms() = 0;  // never goes back; its zero means nothing
  virtual int64_t wall_ms() = 0;       // milliseconds since 1970-01-01 UTC; may jump
  virtual void sleep_ms(int64_t ms) = 0;
};

// The machine's clock.
Clock& system_clock();

// A clock that moves only when told to, or when somebody sleeps.
class FakeClock : public Clock {
 public:
  int64_t monotonic_ms() override { return now_ms_; }
  int64_t wall_ms() override { return 1'700'000'000'000 + now_ms_; }
  void sleep_ms(int64_t ms) override { now_ms_ += ms > 0 ? ms : 0; }
  void advance_ms(int64_t ms) { now_ms_ += ms; }

 private:
  int64_t now_ms_ = 1'000;
};

}  // namespace retort
