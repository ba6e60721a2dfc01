#include "recipe/id_set.h"

#include "base/test.h"

namespace retort {

TEST_CASE("a set of rows holds what was put in, once, in whatever order") {
  IdSet ids({7, 1, 7'000'000});
  for (int64_t id : {1, 7, 7'000'000}) {
    CHECK(ids.contains(id));
    CHECK_FALSE(ids.insert(id));
  }
  for (int64_t id : {-1, 0, 2, 8, 6'999'999, 7'000'001}) CHECK_FALSE(ids.contains(id));
  CHECK(ids.insert(0));
  CHECK(ids.contains(0));
  CHECK_FALSE(IdSet().contains(0));
}

}  // namespace retort
