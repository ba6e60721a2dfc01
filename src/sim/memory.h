// Memory that runs out: the simulator's programs have an allocator of which one allocation fails when told
// to. What simulates (the network, the disk, the looking) is spared, so that it is the product whose
// allocation fails. SQLite's own memory is not counted.
#pragma once

#include <cstdint>

namespace retort::sim {

// From now on counts allocations; the n-th, from 1, throws std::bad_alloc, once. 0: none.
void fail_allocation(int64_t n);
// Ends the counting; returns how many there were.
int64_t stop_counting_allocations();

// While one lives nothing fails and nothing counts.
class Spared {
 public:
  Spared();
  ~Spared();
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;
};

}  // namespace retort::sim
