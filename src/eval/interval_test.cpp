// Golden numbers of scipy 1.17, statsmodels 0.14 and numpy, printed by tests/golden/interval.py.
#include "eval/interval.h"

#include <cmath>
#include <vector>

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

const std::vector<double> kA = {0.55, 0.60, 0.71, 0.20, 0.95, 0.40, 0.35, 0.80, 0.15, 0.66};
const std::vector<double> kB = {0.50, 0.45, 0.70, 0.25, 0.90, 0.20, 0.30, 0.65, 0.20, 0.50};

TEST_CASE("the Wilson interval is statsmodels'") {
  struct {
    int64_t hits, n;
    double low, high;
  } const golden[] = {
      {0, 10, 0, 0.277532799862889},
      {1, 10, 0.0178762130950729, 0.404150026795239},
      {5, 10, 0.236593090512564, 0.763406909487436},
      {10, 10, 0.722467200137111, 1},
      {13, 20, 0.432854276685236, 0.818808175898918},
      {1188, 2160, 0.52894951750963, 0.570872952902653},
      {3, 1000000, 1.02027124096812e-06, 8.82114977431244e-06},
  };
  for (const auto& row : golden) {
    CAPTURE(row.hits);
    std::optional<Estimate> got = wilson_interval(row.hits, row.n);
    REQUIRE(got.has_value());
    CHECK(got->value == static_cast<double>(row.hits) / static_cast<double>(row.n));
    CHECK(std::fabs(got->low - row.low) < 1e-13);
    CHECK(std::fabs(got->high - row.high) < 1e-13);
  }
}

TEST_CASE("a share of nothing has no interval") { CHECK(!wilson_interval(0, 0).has_value()); }

TEST_CASE("a stored share is counted back to whole hits") {
  double share = 13.0 / 21.0;
  CHECK(wilson_interval_of_share(share, 21)->low == wilson_interval(13, 21)->low);
}

TEST_CASE("the Wilson interval holds the true share about 95 times of 100") {
  int held = 0;
  for (uint64_t run = 0; run < 2'000; ++run) {
    Random random(7, "coverage", run);
    int64_t hits = 0;
    for (int i = 0; i < 60; ++i) hits += random.chance(0.3) ? 1 : 0;
    std::optional<Estimate> interval = wilson_interval(hits, 60);
    held += interval->low <= 0.3 && 0.3 <= interval->high ? 1 : 0;
  }
  // scipy: exactly 93.43 % at n = 60 and 0.3; four standard deviations of 2,000 runs on either side.
  CHECK(held > 1'824);
  CHECK(held < 1'913);
}

TEST_CASE("t quantiles are scipy's") {
  struct {
    double probability, degrees, t;
  } const golden[] = {
      {0.975, 1, 12.7062047361747},   {0.975, 2, 4.30265272974946},   {0.975, 9, 2.2621571627982},
      {0.975, 107, 1.98238337017569}, {0.975, 1e6, 1.95996635681411}, {0.995, 4, 4.60409487134999},
      {0.6, 3, 0.27667066233269},     {0.025, 7, -2.36462425159278},  {0.9, 0.5, 10.2703244102345},
  };
  for (const auto& row : golden) {
    CAPTURE(row.degrees);
    CHECK(std::fabs(student_t_quantile(row.probability, row.degrees) / row.t - 1) < 1e-9);
  }
}

TEST_CASE("the mean's interval is scipy's") {
  std::optional<Estimate> got = mean_interval(kA);
  CHECK(got->value == doctest::Approx(0.537).epsilon(1e-12));
  CHECK(got->low == doctest::Approx(0.3513728850851489).epsilon(1e-12));
  CHECK(got->high == doctest::Approx(0.7226271149148511).epsilon(1e-12));
}

TEST_CASE("one value has no interval, two have") {
  CHECK(!mean_interval(std::vector<double>{1.0}).has_value());
  CHECK(mean_interval(std::vector<double>{1.0, 2.0})->half() == doctest::Approx(12.7062047361747 / 2));
}

TEST_CASE("the paired t interval is scipy's ttest_rel") {
  std::optional<Estimate> got = paired_t_interval(kA, kB);
  CHECK(got->value == doctest::Approx(0.072).epsilon(1e-12));
  CHECK(got->low == doctest::Approx(0.008301538926346566).epsilon(1e-11));
  CHECK(got->high == doctest::Approx(0.1356984610736534).epsilon(1e-12));
}

TEST_CASE("the paired bootstrap agrees with a million resamples of scipy's") {
  std::optional<Estimate> got = paired_bootstrap_interval(kA, kB);
  CHECK(got->value == doctest::Approx(0.072).epsilon(1e-12));
  CHECK(std::fabs(got->low - 0.020) < 0.0021);  // the means lie on a grid of 0.001
  CHECK(std::fabs(got->high - 0.124) < 0.0021);
}

TEST_CASE("the paired bootstrap agrees with all 3,125 resamples of five pairs") {
  std::vector<double> a(kA.begin(), kA.begin() + 5), b(kB.begin(), kB.begin() + 5);
  std::optional<Estimate> got = paired_bootstrap_interval(a, b);
  CHECK(std::fabs(got->low - -0.01) < 0.0041);  // the means' grid is 0.002 wide here
  CHECK(std::fabs(got->high - 0.102) < 0.0041);
}

TEST_CASE("the paired bootstrap is a function of its seed") {
  Estimate one = *paired_bootstrap_interval(kA, kB, {.seed = 1, .resamples = 50});
  Estimate again = *paired_bootstrap_interval(kA, kB, {.seed = 1, .resamples = 50});
  Estimate other = *paired_bootstrap_interval(kA, kB, {.seed = 2, .resamples = 50});
  CHECK(one.low == again.low);
  CHECK(one.high == again.high);
  CHECK((one.low != other.low || one.high != other.high));
}

TEST_CASE("the same difference everywhere is a point") {
  std::vector<double> a = {0.5, 0.75, 1.0}, b = {0.25, 0.5, 0.75};
  Estimate got = *paired_bootstrap_interval(a, b);
  CHECK(got.low == 0.25);
  CHECK(got.high == 0.25);
  CHECK(paired_t_interval(a, b)->half() == 0);
}

}  // namespace
}  // namespace retort
