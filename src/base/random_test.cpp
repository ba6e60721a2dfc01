#include "base/random.h"

#include <cmath>
#include <set>

#include "base/test.h"

namespace retort {

TEST_CASE("a stream depends on seed, label and index, and on nothing else") {
  CHECK(Random(1, "a", 0).next() == Random(1, "a", 0).next());
  std::set<uint64_t> firsts{Random(1, "a", 0).next(), Random(2, "a", 0).next(), Random(1, "b", 0).next(),
                            Random(1, "a", 1).next()};
  CHECK(firsts.size() == 4);
}

TEST_CASE("below is within its bound and reaches every value") {
  Random random(7, "below");
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  CHECK(seen == std::set<uint64_t>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("uniform and normal have the mean and variance they should") {
  Random random(7, "moments");
  double sum = 0, square = 0, uniform = 0;
  const int n = 100'000;
  for (int i = 0; i < n; ++i) {
    double x = random.normal();
    sum += x;
    square += x * x;
    uniform += random.uniform();
  }
  CHECK(std::abs(sum / n) < 0.02);
  CHECK(std::abs(square / n - 1) < 0.03);
  CHECK(std::abs(uniform / n - 0.5) < 0.005);
}

}  // namespace retort
