// Measures that cost no call, and the report that ranks them.
#include "recipe/prior.h"

#include <cmath>

#include "base/test.h"

namespace retort {

TEST_CASE("disagreement is none where both come to the same, and falls with what they share") {
  CHECK(disagreement("Two and two.\n4", "4.0") == 0);
  CHECK(disagreement("red green blue", "red green grey") == doctest::Approx(1.0 / 3));
  CHECK(disagreement("red", "7") == 1);
}

TEST_CASE("uncertainty is most at even odds; an answer of one token has no IFD") {
  CHECK(uncertainty(std::log(2.0)) == doctest::Approx(0.25));
  CHECK(uncertainty(0) == 0);
  CHECK(uncertainty(9) < 0.001);
  CHECK_FALSE(prior_of("ifd", {.loss = 1, .tokens = 1}));
  CHECK(*prior_of("ifd", {.loss = 1, .tokens = 5, .after_prompt = 1, .alone = 2}) == 0.5);
}

TEST_CASE("the report ranks measures against each other and against what the referee found hard") {
  std::vector<RowMeasures> rows;
  for (int i = 0; i < 40; ++i)
    rows.push_back(
        {{"gap", i < 10 ? 5.0 : 0.0}, {"loss", i < 10 ? 2.0 : 1.0}, {"ifd", static_cast<double>(i)}});
  const std::string text = difficulty_report(rows, 1.0);
  CHECK(text.find("hard: 10 of 40") != std::string::npos);
  CHECK(text.find("  loss: 0.225") != std::string::npos);
  CHECK(text.find("gap ~ loss: 1.00 (n = 40)") != std::string::npos);
  CHECK(text.find("  ifd: 0.975") != std::string::npos);
}

}  // namespace retort
