// The fit is a proximal Newton method: a quadratic model of the loss, its l1 minimum by coordinate descent, a
// line search on the true objective. Three weights, so every step costs one pass over the rows.
#include "eval/length_control.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace retort {
namespace {

double dot(const LogisticWeights& w, const std::array<double, 3>& x) {
  return w[0] * x[0] + w[1] * x[1] + w[2] * x[2];
}
// log(1 + e^z) without overflow.
double softplus(double z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }
double sigmoid(double z) { return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z)); }
double norm1(const LogisticWeights& w) { return std::fabs(w[0]) + std::fabs(w[1]) + std::fabs(w[2]); }

double log_loss(const LogisticRow& row, const LogisticWeights& w) {
  const double z = dot(w, row.x);
  return row.y * softplus(-z) + (1 - row.y) * softplus(z);
}

double objective(std::span<const LogisticRow> rows, double c, const LogisticWeights& w) {
  double sum = 0;
  for (const LogisticRow& row : rows) sum += row.weight * log_loss(row, w);
  return norm1(w) + c * sum;
}

struct Model {
  LogisticWeights gradient{};
  std::array<LogisticWeights, 3> hessian{};
};
Model quadratic_model(std::span<const LogisticRow> rows, double c, const LogisticWeights& w) {
  Model model;
  for (const LogisticRow& row : rows) {
    const double p = sigmoid(dot(w, row.x));
    const double slope = c * row.weight * (p - row.y), bend = c * row.weight * p * (1 - p);
    for (int i = 0; i < 3; ++i) {
      model.gradient[i] += slope * row.x[i];
      for (int j = 0; j < 3; ++j) model.hessian[i][j] += bend * row.x[i] * row.x[j];
    }
  }
  // A feature that is 0 in all rows has no bend; any positive one keeps its weight at 0.
  for (int i = 0; i < 3; ++i) model.hessian[i][i] += 1e-12;
  return model;
}

// The step d that minimises g d + d H d / 2 + |w + d|_1.
LogisticWeights newton_step(const Model& model, const LogisticWeights& w) {
  LogisticWeights d{};
  for (int sweep = 0; sweep < 10'000; ++sweep) {
    double moved = 0;
    for (int i = 0; i < 3; ++i) {
      const double bend = model.hessian[i][i];
      double slope = model.gradient[i];
      for (int j = 0; j < 3; ++j) slope += model.hessian[i][j] * d[j];
      // Soft threshold of the best value without the penalty.
      const double free = w[i] + d[i] - slope / bend;
      const double best = free > 1 / bend ? free - 1 / bend : free < -1 / bend ? free + 1 / bend : 0;
      moved = std::max(moved, std::fabs(best - w[i] - d[i]));
      d[i] = best - w[i];
    }
    if (moved < 1e-13) break;
  }
  return d;
}

std::vector<double> c_grid() {
  std::vector<double> grid;
  for (int i = 0; i < 10; ++i) grid.push_back(std::pow(10.0, -4 + 8.0 * i / 9));
  return grid;
}

struct Moments {
  double mean = 0, deviation = 0;  // of a sample: n - 1
};
Moments moments(std::span<const double> values) {
  Moments result;
  const double count = static_cast<double>(values.size());
  for (double v : values) result.mean += v / count;
  double squares = 0;
  for (double v : values) squares += (v - result.mean) * (v - result.mean);
  result.deviation = std::sqrt(squares / (count - 1));
  return result;
}

bool is_suspicious(double raw, double controlled) {
  const double low = std::min(raw - raw / 4, raw - 10), high = std::max(raw + (100 - raw) / 4, raw + 10);
  return controlled < low || controlled > high;
}

constexpr double kGamedWeight = 0.2 / 2;  // there are two gamed baselines

}  // namespace

LogisticWeights fit_l1_logistic(std::span<const LogisticRow> rows, double c) {
  LogisticWeights w{};
  double value = objective(rows, c, w);
  for (int iteration = 0; iteration < 200; ++iteration) {
    const LogisticWeights d = newton_step(quadratic_model(rows, c, w), w);
    if (norm1(d) < 1e-12 * (1 + norm1(w))) break;
    double share = 1;
    LogisticWeights next{};
    double next_value = value;
    for (; share > 1e-12; share /= 2) {
      for (int i = 0; i < 3; ++i) next[i] = w[i] + share * d[i];
      next_value = objective(rows, c, next);
      if (next_value < value) break;
    }
    if (!(next_value < value)) break;  // rounding is all that is left
    w = next;
    value = next_value;
  }
  return w;
}

CrossValidated fit_cross_validated(std::span<const LogisticRow> rows, int folds) {
  RETORT_CHECK(rows.size() > static_cast<size_t>(folds), "{} rows in {} folds", rows.size(), folds);
  CrossValidated best;
  double least = 0;
  for (double c : c_grid()) {
    double score = 0;
    for (int fold = 0; fold < folds; ++fold) {
      std::vector<LogisticRow> train, test;
      for (size_t i = 0; i < rows.size(); ++i)
        ((rows.size() - 1 - i) % static_cast<size_t>(folds) == static_cast<size_t>(fold) ? test : train)
            .push_back(rows[i]);
      const LogisticWeights w = fit_l1_logistic(train, c);
      double sum = 0;
      for (const LogisticRow& row : test) sum += row.weight * log_loss(row, w);
      score += sum / static_cast<double>(test.size()) / folds;
    }
    best.scores.push_back(score);
    if (best.scores.size() == 1 || score < least) least = score, best.c = c;
  }
  best.weights = fit_l1_logistic(rows, best.c);
  return best;
}

std::optional<LengthControlled> length_controlled(std::span<const JudgedPair> pairs,
                                                  std::span<const GamedRow> gamed) {
  std::vector<double> gaps, preferences;
  for (const JudgedPair& pair : pairs) {
    gaps.push_back(static_cast<double>(pair.baseline_length - pair.model_length));
    if (pair.preference) preferences.push_back(*pair.preference);
  }
  if (preferences.size() < 10) return std::nullopt;
  const double deviation = moments(gaps).deviation;
  std::vector<LogisticRow> rows;
  for (const GamedRow& row : gamed)
    rows.push_back({{std::tanh(row.length_gap), row.difficulty, 0}, row.preference, kGamedWeight});
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (!pairs[i].preference) continue;
    const double gap = deviation > 0 ? gaps[i] / deviation : 0;
    rows.push_back({{std::tanh(gap), gamed.empty() ? 0 : pairs[i].difficulty, 1}, *pairs[i].preference, 1});
  }
  const CrossValidated fit = fit_cross_validated(rows);
  std::vector<double> controlled;
  for (const JudgedPair& pair : pairs)
    controlled.push_back(sigmoid(fit.weights[1] * (gamed.empty() ? 0 : pair.difficulty) + fit.weights[2]));
  const Moments raw = moments(preferences), predicted = moments(controlled);
  const auto root = [](size_t count) { return std::sqrt(static_cast<double>(count)); };
  LengthControlled result{.win_rate = 100 * predicted.mean,
                          .standard_error = 100 * predicted.deviation / root(controlled.size()),
                          .raw_win_rate = 100 * raw.mean,
                          .raw_standard_error = 100 * raw.deviation / root(preferences.size()),
                          .weights = fit.weights,
                          .c = fit.c,
                          .form = gamed.empty() ? "minimal" : "full"};
  result.suspicious = is_suspicious(result.raw_win_rate, result.win_rate);
  return result;
}

}  // namespace retort
