#include "base/clock.h"

#include <chrono>
#include <thread>

namespace retort {
namespace {

class SystemClock : public Clock {
 public:
  int64_t monotonic_ms() override { return count(std::chrono::steady_clock::now().time_since_epoch()); }
  int64_t wall_ms() override { return count(std::chrono::system_clock::now().time_since_epoch()); }
  void sleep_ms(int64_t ms) override { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

 private:
  template <class Duration>
  static int64_t count(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace retort
