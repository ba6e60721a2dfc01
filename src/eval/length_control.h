// AlpacaEval's length-controlled win rate: a logistic model of the judge's preference, from which the part
// that the answers' lengths explain is taken out (arXiv 2404.04475; specs/orca_and_methods.md 3.3):
//
//   P(model preferred) = sigmoid(a tanh((len_baseline - len_model) / SD) + b difficulty + c [row is the
//   model's]) minimised: |w|_1 + C sum_i s_i log loss_i, no intercept; C by 5-fold cross-validation LC win
//   rate = mean of sigmoid(b difficulty + c) over the model's rows
//
// Difficulty and the rows of the two "gamed" baselines are data of AlpacaEval that a user brings; without
// them the fit is minimal (length and constant only) and says so.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace retort {

// A row of a weighted logistic regression on three features with a soft label.
struct LogisticRow {
  std::array<double, 3> x{};
  double y = 0;       // from 0 to 1
  double weight = 1;  // >= 0
};
using LogisticWeights = std::array<double, 3>;

// The minimum of |w|_1 + C sum_i weight_i (-y log p - (1 - y) log(1 - p)), the objective of liblinear with an
// l1 penalty and no intercept. Unique where the rows span the three features; exact to rounding.
LogisticWeights fit_l1_logistic(std::span<const LogisticRow> rows, double c);

struct CrossValidated {
  LogisticWeights weights{};
  double c = 0;                // of the grid 10^-4 ... 10^4, ten values
  std::vector<double> scores;  // the mean log loss of each value, for the curious
};
// C with the least mean log loss over `folds` folds; the rows of fold k are those whose index counted from
// the end is k modulo folds. Requires more rows than folds.
CrossValidated fit_cross_validated(std::span<const LogisticRow> rows, int folds = 5);

struct JudgedPair {
  // For the model, 0 to 1. A pair without one teaches the fit nothing, but its length and difficulty count.
  std::optional<double> preference;
  int64_t model_length = 0;  // in characters (code points), as Python's len
  int64_t baseline_length = 0;
  double difficulty = 0;  // of the instruction; 0 where nobody knows
};
// A row of a gamed baseline, already in features.
struct GamedRow {
  double preference = 0, length_gap = 0, difficulty = 0;  // length_gap: divided by SD already
};
struct LengthControlled {
  double win_rate = 0, standard_error = 0;          // percent
  double raw_win_rate = 0, raw_standard_error = 0;  // percent
  LogisticWeights weights{};                        // a, b, c
  double c = 0;
  std::string form;  // "full" or "minimal"
  // The fit moves the rate by more than 10 points and more than a quarter of the room: a sign that it failed.
  bool suspicious = false;
};
// Nothing for fewer than 10 judged pairs. `gamed` empty: the minimal form.
std::optional<LengthControlled> length_controlled(std::span<const JudgedPair> pairs,
                                                  std::span<const GamedRow> gamed);

}  // namespace retort
