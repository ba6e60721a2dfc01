// For tests/length_control.py: reads one problem a line, {"rows": [[x1, x2, x3, y, weight], ...], "c":
// number}, and prints the weights of our fit; without "c" the C that cross-validation chooses comes first.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/json.h"
#include "eval/length_control.h"

using namespace retort;

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const Json problem = or_throw(parse_json(line));
    std::vector<LogisticRow> rows;
    for (const Json& row : problem.at_path("rows").items()) {
      auto at = [&](size_t i) { return row.items()[i].number_or(0); };
      rows.push_back({{at(0), at(1), at(2)}, at(3), at(4)});
    }
    LogisticWeights weights{};
    if (const Json* c = problem.find("c"); c != nullptr) {
      weights = fit_l1_logistic(rows, c->number_or(1));
    } else {
      const CrossValidated fit = fit_cross_validated(rows);
      weights = fit.weights;
      std::printf("%.17g ", fit.c);
    }
    std::printf("%.17g %.17g %.17g\n", weights[0], weights[1], weights[2]);
  }
  return 0;
}
