// The length-controlled fit: its optimality conditions, its conventions, and (tests/length_control.sh) the
// coefficients of scikit-learn's liblinear.
#include "eval/length_control.h"

#include <cmath>

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

std::vector<LogisticRow> synthetic(size_t count, uint64_t seed) {
  std::vector<LogisticRow> rows;
  for (size_t i = 0; i < count; ++i) {
    Random random(seed, "synthetic", i);
    LogisticRow row{{std::tanh(random.normal()), random.normal(), random.chance(0.7) ? 1.0 : 0.0}};
    row.y = sigmoid(-1.5 * row.x[0] + 0.4 * row.x[1] + 0.8 * row.x[2] + random.normal());
    row.weight = row.x[2] > 0 ? 1 : 0.1;
    rows.push_back(row);
  }
  return rows;
}

TEST_CASE("at the fit every derivative is what the l1 penalty leaves of it") {
  const auto rows = synthetic(500, 1);
  for (double c : {1e-4, 1e-2, 1.0, 1e4}) {
    const LogisticWeights w = fit_l1_logistic(rows, c);
    for (int i = 0; i < 3; ++i) {
      double slope = 0;
      for (const LogisticRow& row : rows)
        slope += c * row.weight * row.x[i] *
                 (sigmoid(w[0] * row.x[0] + w[1] * row.x[1] + w[2] * row.x[2]) - row.y);
      if (w[i] == 0)
        CHECK(std::fabs(slope) <= 1 + 1e-8);
      else
        CHECK(std::fabs(slope + (w[i] > 0 ? 1 : -1)) < 1e-6 * (1 + c));
    }
  }
}

TEST_CASE("a strong penalty leaves nothing, rows without a feature leave its weight at nothing") {
  auto rows = synthetic(100, 2);
  CHECK(fit_l1_logistic(rows, 1e-4) == LogisticWeights{0, 0, 0});
  for (LogisticRow& row : rows) row.x[1] = 0;
  const LogisticWeights w = fit_l1_logistic(rows, 10);
  CHECK(w[1] == 0);
  CHECK(w[0] < -0.5);
}

TEST_CASE("what length alone explains is taken out") {
  // The judge likes length and nothing else; the model writes twice as much.
  std::vector<JudgedPair> pairs;
  for (int i = 0; i < 400; ++i) {
    Random random(3, "pairs", static_cast<uint64_t>(i));
    const int64_t baseline = 900 + random.range(-300, 300), model = 1'700 + random.range(-900, 900);
    JudgedPair pair{.model_length = model, .baseline_length = baseline};
    pair.preference = sigmoid(static_cast<double>(model - baseline) / 400);
    pairs.push_back(pair);
  }
  const auto result = length_controlled(pairs, {});
  REQUIRE(result);
  CHECK(result->form == "minimal");
  CHECK(result->raw_win_rate > 75);
  CHECK(std::fabs(result->win_rate - 50) < 5);
  CHECK(result->weights[0] < 0);
  CHECK(result->suspicious);
}

TEST_CASE("equal answers are 50, and too few pairs are nothing") {
  std::vector<JudgedPair> pairs(20, {.preference = 0.5, .model_length = 10, .baseline_length = 10});
  CHECK(length_controlled(pairs, {})->win_rate == doctest::Approx(50));
  CHECK(!length_controlled(std::span(pairs).first(9), {}));
}

}  // namespace
}  // namespace retort
