#include "sim/allocations.h"

#include <cstdlib>
#include <new>

namespace retort::sim {
namespace {

thread_local int64_t count = 0, fails_at = 0;
thread_local int not_ours = 0;

}  // namespace

void fail_allocation(int64_t n) {
  count = 0;
  fails_at = n;
}

int64_t allocations() { return count; }

NotOurs::NotOurs() { ++not_ours; }
NotOurs::~NotOurs() { --not_ours; }

void* allocate(size_t size) {
  if (not_ours == 0 && ++count == fails_at) throw std::bad_alloc();
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace retort::sim

void* operator new(size_t size) { return retort::sim::allocate(size); }
void* operator new[](size_t size) { return retort::sim::allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
