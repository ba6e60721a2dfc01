// What a failed allocation leaves behind: nothing lost, nothing torn. The allocator of this test program can
// be told to fail.
#include <cstdlib>
#include <new>
#include <optional>

#include "base/json.h"
#include "base/test.h"

namespace {

thread_local std::optional<int64_t> allocations_left;  // nothing: as many as are wanted

void* allocate(size_t size) {
  if (allocations_left && (*allocations_left)-- == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

// Runs `work` with its first allocation failing, then its second, ... until none fails; returns how many did.
template <class Work>
int64_t fail_each_allocation(const Work& work) {
  for (int64_t failed = 0;; ++failed) {
    allocations_left = failed;
    try {
      work();
      allocations_left.reset();
      return failed;
    } catch (const std::bad_alloc&) {
      allocations_left.reset();
    }
  }
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace retort {

TEST_CASE("a JSON value survives running out of memory at any allocation of parsing, copying and printing") {
  const std::string long_text(40, 'x');
  const std::string text = R"({"list":[1,2.5,{"deep":[true,")" + long_text + R"("]}],"name":")" + long_text +
                           R"(","messages":[{"role":"user","content":")" + long_text + R"("}]})";
  const Json whole = *parse_json(text);
  size_t printed = 0;
  const int64_t failed = fail_each_allocation([&] {
    Json copy = whole;
    Json assigned("something else that takes an allocation of its own");
    assigned = copy;
    Json list = Json::array();
    for (int i = 0; i < 3; ++i) list.push(assigned);
    copy.set("list", list).set(long_text, *parse_json(text));
    printed = copy.canonical().size();
  });
  CHECK(failed > 100);
  CHECK(printed > 3 * text.size());
  CHECK(whole.canonical() == parse_json(text)->canonical());
}

TEST_CASE("an assignment that runs out of memory leaves the value as it was") {
  const Json whole =
      *parse_json(R"([["a text that needs memory of its own, for it is long"],["and another"]])");
  Json value("what was there before, and is long enough to need memory");
  const std::string before = value.dump();
  const int64_t failed = fail_each_allocation([&] {
    try {
      value = whole;
    } catch (const std::bad_alloc&) {
      allocations_left.reset();
      CHECK(value.dump() == before);
      throw;
    }
  });
  CHECK(failed >= 3);
  CHECK(value.dump() == whole.dump());
}

}  // namespace retort
