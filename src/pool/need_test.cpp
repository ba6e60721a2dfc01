#include "pool/need.h"

#include "base/test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

constexpr size_t kLongest = 130;

TEST_CASE("the table is least_lcs for every pair of lengths that can pass") {
  for (double threshold : {0.0, 0.3, 0.7, 0.95, 1.0}) {
    NeedTable table(threshold);
    for (size_t m = 1; m <= 60; ++m)
      for (size_t n = 1; n <= kLongest; ++n) {
        const size_t least = least_lcs(m, n, threshold);
        const uint32_t need = table.row(m, kLongest).at(n);
        if (least <= std::min(m, n)) REQUIRE(need == least);
        if (least > std::min(m, n)) REQUIRE(need > std::min(m, n));
      }
  }
}

TEST_CASE("a row grows with the longest text that is asked for") {
  NeedTable table(0.5);
  CHECK(table.row(10, 12).longest() == 12);
  CHECK(table.row(10, 1'000).longest() < 100);
  CHECK(table.row(10, 1'000).at(20) == least_lcs(10, 20, 0.5));
}

TEST_CASE("no pair that passes shares fewer than the fewest") {
  for (double threshold : {0.0, 0.3, 0.7, 0.95}) {
    NeedTable table(threshold);
    for (size_t m = 1; m <= 60; ++m) {
      size_t fewest = SIZE_MAX;
      for (size_t n = 1; n <= kLongest; ++n) {
        const size_t least = least_lcs(m, n, threshold);
        if (least <= std::min(m, n)) fewest = std::min(fewest, least);
      }
      REQUIRE(table.fewest(m) == fewest);
    }
  }
}

}  // namespace
}  // namespace retort
