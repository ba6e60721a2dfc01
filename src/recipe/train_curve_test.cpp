#include "recipe/train_curve.h"

#include "base/test.h"

namespace retort {
namespace {

TEST_CASE("a long training is kept in at most 200 stretches, each with its mean") {
  for (int64_t steps : {1, 5, 200, 201, 399, 1'000, 99'999}) {
    CAPTURE(steps);
    TrainCurve curve;
    double sum = 0;
    for (int64_t step = 1; step <= steps; ++step)
      curve.add({.step = step, .steps = steps, .loss = static_cast<double>(step)});
    const Json json = curve.json();
    const Json::Array& at = json.at_path("step").items();
    REQUIRE(at.size() == json.at_path("loss").size());
    CHECK(at.size() <= 200);
    CHECK(at.size() >= std::min<size_t>(static_cast<size_t>(steps), 100));
    CHECK(at.back().integer_or(0) == steps);
    int64_t before = 0;
    for (size_t i = 0; i < at.size(); ++i) {
      const int64_t last = at[i].integer_or(0);
      sum += json.at_path("loss").items()[i].number_or(0) * static_cast<double>(last - before);
      before = last;
    }
    CHECK(sum == doctest::Approx(0.5 * static_cast<double>(steps) * static_cast<double>(steps + 1)));
  }
}

}  // namespace
}  // namespace retort
