#include "sim/memory.h"

#include <cstdlib>
#include <new>

namespace retort::sim {
namespace {

thread_local bool is_counting = false;
thread_local int spared = 0;
thread_local int64_t counted = 0, fails_at = 0;

void* allocate(size_t size) {
  if (is_counting && spared == 0 && ++counted == fails_at) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void fail_allocation(int64_t n) {
  counted = 0;
  fails_at = n;
  is_counting = true;
}

int64_t stop_counting_allocations() {
  is_counting = false;
  return counted;
}

Spared::Spared() { ++spared; }
Spared::~Spared() { --spared; }

}  // namespace retort::sim

void* operator new(size_t size) { return retort::sim::allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
