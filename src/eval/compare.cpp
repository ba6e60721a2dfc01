// Two models on the same questions: differences item by item.
#include <algorithm>

#include "base/format.h"
#include "base/random.h"
#include "eval/report.h"

namespace retort {
namespace {

using ItemsById = std::map<std::string, const EvalItem*>;

ItemsById items_that_count(const Figure& figure) {
  ItemsById items;
  for (const EvalItem& item : figure.items)
    if (figure.measure == Measure::Share || item.reading == Reading::Parsed) items[item.id] = &item;
  return items;
}

struct Pair {
  const EvalItem *a, *b;
};

// The difference of two relative scores, resampling the questions that both were asked.
std::optional<Estimate> relative_difference(const std::vector<Pair>& pairs) {
  constexpr int kResamples = 10'000;
  struct Sums {
    double a = 0, a_against = 0, b = 0, b_against = 0;
    void add(const Pair& pair) {
      a += pair.a->value, a_against += pair.a->against;
      b += pair.b->value, b_against += pair.b->against;
    }
    std::optional<double> difference() const {
      if (a_against <= 0 || b_against <= 0) return std::nullopt;
      return 100 * (a / a_against - b / b_against);
    }
  };
  Sums whole;
  for (const Pair& pair : pairs) whole.add(pair);
  const std::optional<double> value = whole.difference();
  if (!value || pairs.size() < 2) return std::nullopt;
  std::vector<double> found;
  for (int r = 0; r < kResamples; ++r) {
    Random random(0, "bootstrap/compare", static_cast<uint64_t>(r));
    Sums sums;
    for (size_t i = 0; i < pairs.size(); ++i) sums.add(pairs[random.below(pairs.size())]);
    if (const auto difference = sums.difference()) found.push_back(*difference);
  }
  std::sort(found.begin(), found.end());
  auto at = [&](double share) {
    return found[static_cast<size_t>(share * static_cast<double>(found.size() - 1) + 0.5)];
  };
  return Estimate{*value, at(0.025), at(0.975)};
}

std::optional<Estimate> difference_of(Measure measure, const std::vector<Pair>& pairs) {
  if (measure == Measure::Relative) return relative_difference(pairs);
  const double scale = measure == Measure::Share ? 100 : 1;
  std::vector<double> a, b;
  for (const Pair& pair : pairs) {
    a.push_back(scale * pair.a->value);
    b.push_back(scale * pair.b->value);
  }
  return paired_bootstrap_interval(a, b);
}

Compared compare_figures(const std::string& suite, const Figure& a, const Figure& b) {
  Compared compared{.suite = suite, .figure = a.name};
  const ItemsById of_a = items_that_count(a), of_b = items_that_count(b);
  std::vector<Pair> pairs;
  for (const auto& [id, item] : of_a)
    if (const auto other = of_b.find(id); other != of_b.end()) pairs.push_back({item, other->second});
  compared.n = static_cast<int64_t>(pairs.size());
  compared.only_one = static_cast<int64_t>(of_a.size() + of_b.size() - 2 * pairs.size());
  for (const auto& [one, other] : pairs) {
    compared.better += one->value > other->value ? 1 : 0;
    compared.equal += one->value == other->value ? 1 : 0;
    compared.worse += one->value < other->value ? 1 : 0;
  }
  compared.difference = difference_of(a.measure, pairs);
  return compared;
}

}  // namespace

Result<std::vector<Compared>> compare_reports(const EvalReport& a, const EvalReport& b) {
  if (a.suite != b.suite)
    return Error{ErrorCode::InvalidArgument,
                 format("A is of {} and B of {}; compare two results of one suite", a.suite, b.suite)};
  std::vector<Compared> compared;
  for (const Figure& figure : a.figures)
    for (const Figure& other : b.figures)
      if (figure.name == other.name && figure.measure == other.measure)
        compared.push_back(compare_figures(a.suite, figure, other));
  return compared;
}

Json compared_json(const std::vector<Compared>& compared) {
  Json array = Json::array();
  for (const Compared& one : compared) {
    Json json = Json::object().set("suite", one.suite).set("figure", one.figure).set("n", one.n);
    json.set("only_one", one.only_one)
        .set("better", one.better)
        .set("equal", one.equal)
        .set("worse", one.worse);
    if (one.difference)
      json.set("difference", one.difference->value)
          .set("low", one.difference->low)
          .set("high", one.difference->high);
    array.push(std::move(json));
  }
  return array;
}

}  // namespace retort
