// Memory that runs out: the n-th allocation of the product fails once. Replaces the program's operator new;
// counts on the one thread that asks.
#pragma once

#include <cstdint>

namespace retort::sim {

// The n-th allocation from now on throws std::bad_alloc; 0: none does.
void fail_allocation(int64_t n);
// Allocations since then.
int64_t allocations();

// What the simulated world allocates is not the product's.
class NotOurs {
 public:
  NotOurs();
  ~NotOurs();
  NotOurs(const NotOurs&) = delete;
  NotOurs& operator=(const NotOurs&) = delete;
};

}  // namespace retort::sim
