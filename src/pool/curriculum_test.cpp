#include "pool/curriculum.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/test.h"
#include "data/task_label.h"

namespace retort {
namespace {

// `counts` items of each kind; the ids are 1, 2, ... in the order of the kinds' names.
std::vector<SeedCandidate> candidates_of(const KindCounts& counts) {
  static std::set<std::string> names;  // the candidates point into it
  std::vector<SeedCandidate> candidates;
  for (const auto& [name, count] : counts) {
    const std::string& kind = *names.insert(name).first;
    for (int64_t i = 0; i < count; ++i)
      candidates.push_back({.id = static_cast<int64_t>(candidates.size()) + 1, .kind = kind});
  }
  return candidates;
}

KindCounts counted(const std::vector<SeedCandidate>& candidates, const std::vector<int64_t>& ids) {
  KindCounts counts;
  for (int64_t id : ids) ++counts[std::string(candidates[static_cast<size_t>(id) - 1].kind)];
  return counts;
}

TEST_CASE("alpha is 0.3, 0.5, 0.7 in the paper's three rounds, and never leaves [0, 1]") {
  CHECK(alpha_of_round(0.3, 0.2, 1) == doctest::Approx(0.3));
  CHECK(alpha_of_round(0.3, 0.2, 2) == doctest::Approx(0.5));
  CHECK(alpha_of_round(0.3, 0.2, 3) == doctest::Approx(0.7));
  CHECK(alpha_of_round(0.3, 0.2, 9) == 1);
  CHECK(alpha_of_round(0.3, -0.2, 9) == 0);
}

TEST_CASE("the hard share of a round is alpha to the example, and the round shrinks rather than miss it") {
  const auto size = [](int64_t wanted, double alpha, int64_t hard, int64_t rest) {
    const RoundSize s = round_size(wanted, alpha, hard, rest);
    return std::pair(s.hard, s.rest);
  };
  using Pair = std::pair<int64_t, int64_t>;
  CHECK(size(1'000, 0.3, 5'000, 5'000) == Pair{300, 700});
  CHECK(size(5, 0.3, 100, 100) == Pair{2, 3});  // 1.5, rounded half up
  CHECK(size(0, 0.3, 11'000, 59'000) == Pair{11'000, 25'668});
  CHECK(size(0, 0.7, 11'000, 59'000) == Pair{11'000, 4'714});
  CHECK(size(0, 0.5, 10, 1'000) == Pair{11 - 1, 10});
  CHECK(size(0, 1.0, 10, 1'000) == Pair{10, 0});
  CHECK(size(0, 0.0, 10, 1'000) == Pair{0, 1'000});
  CHECK(size(50, 0.3, 0, 20) == Pair{0, 20});
  CHECK(size(50, 0.3, 20, 0) == Pair{20, 0});
  CHECK(size(0, 0.5, 0, 0) == Pair{0, 0});
  Random random(1, "alpha");
  for (int trial = 0; trial < 3'000; ++trial) {
    const double alpha = static_cast<double>(random.range(0, 20)) / 20;
    const int64_t hard = random.range(1, 300), rest = random.range(1, 300), wanted = random.range(0, 700);
    const RoundSize s = round_size(wanted, alpha, hard, rest);
    REQUIRE(s.hard <= hard);
    REQUIRE(s.rest <= rest);
    const int64_t count = s.hard + s.rest;
    REQUIRE(std::abs(static_cast<double>(s.hard) - alpha * static_cast<double>(count)) <= 0.5 + 1e-6);
    // The next larger round would not do.
    if (wanted == 0 || count < wanted) {
      const auto next = static_cast<int64_t>(std::floor(alpha * static_cast<double>(count + 1) + 0.5 + 1e-9));
      REQUIRE((next > hard || count + 1 - next > rest));
    }
  }
}

TEST_CASE("kinds are drawn by the target shares: chi-square over the 32 labels") {
  KindCounts plenty;
  for (const TaskLabel& label : task_labels()) plenty[std::string(label.name)] = 6'000;
  const std::vector<SeedCandidate> candidates = candidates_of(plenty);
  const KindShares shares = target_shares(plenty);
  constexpr int64_t kDraws = 30'000;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const KindCounts drawn = counted(candidates, draw_by_shares(candidates, shares, kDraws, seed, "round"));
    double chi2 = 0;
    for (const auto& [kind, share] : shares) {
      const double expected = static_cast<double>(kDraws * share) / kTaskShares;
      const double off = static_cast<double>(drawn.at(kind)) - expected;
      chi2 += off * off / expected;
    }
    // 31 degrees of freedom: 99.9 % lie below 61.1, and 0.1 % below 11.
    CHECK(chi2 < 61.1);
    CHECK(chi2 > 11);
  }
}

TEST_CASE("items are drawn without replacement, and a kind that is used up leaves its share to the others") {
  const std::vector<SeedCandidate> candidates = candidates_of({{"a", 3}, {"b", 400}, {"c", 400}});
  const KindShares shares = {{"a", 8}, {"b", 1}, {"c", 1}, {"d", 5}};
  const std::vector<int64_t> ids = draw_by_shares(candidates, shares, 203, 7, "x");
  CHECK(std::set(ids.begin(), ids.end()).size() == 203);
  const KindCounts drawn = counted(candidates, ids);
  CHECK(drawn.at("a") == 3);
  CHECK(std::abs(drawn.at("b") - 100) < 30);
  CHECK(draw_by_shares(candidates, shares, 10'000, 7, "x").size() == 803);
  CHECK(draw_by_shares(candidates, {{"a", 1}}, 10'000, 7, "x").size() == 3);
  CHECK(draw_by_shares({}, shares, 5, 7, "x").empty());
}

TEST_CASE("a draw depends on seed and label alone, and a kind more changes no other kind's order") {
  const std::vector<SeedCandidate> candidates = candidates_of({{"a", 50}, {"b", 50}});
  const KindShares shares = {{"a", 1}, {"b", 1}, {"c", 1}};
  const auto drawn = draw_by_shares(candidates, shares, 60, 7, "curriculum/1");
  CHECK(drawn == draw_by_shares(candidates, shares, 60, 7, "curriculum/1"));
  CHECK(drawn != draw_by_shares(candidates, shares, 60, 7, "curriculum/2"));
  CHECK(drawn != draw_by_shares(candidates, shares, 60, 8, "curriculum/1"));
  std::vector<SeedCandidate> more = candidates;
  for (int64_t id = 101; id <= 150; ++id) more.push_back({.id = id, .kind = "c"});
  const auto order_of = [](const std::vector<int64_t>& ids, int64_t lo, int64_t hi, size_t count) {
    std::vector<int64_t> out;
    for (int64_t id : ids)
      if (id >= lo && id <= hi && out.size() < count) out.push_back(id);
    return out;
  };
  const auto with = draw_by_shares(more, shares, 90, 7, "curriculum/1");
  CHECK(order_of(with, 1, 50, 15) == order_of(drawn, 1, 50, 15));
  CHECK(order_of(with, 51, 100, 15) == order_of(drawn, 51, 100, 15));
}

TEST_CASE("Orca's three rules: everything, so many of each task, and alike over tasks until they are dry") {
  const std::vector<SeedCandidate> candidates = candidates_of({{"big", 1'000}, {"mid", 300}, {"small", 5}});
  using Rule = SubMixture::Rule;
  CHECK(sample_sub_mixture(candidates, {Rule::All}, 1, "cot").size() == 1'305);
  const auto capped = sample_sub_mixture(candidates, {Rule::CapPerTask, 200}, 1, "niv2");
  CHECK(counted(candidates, capped) == KindCounts{{"big", 200}, {"mid", 200}, {"small", 5}});
  CHECK(std::is_sorted(capped.begin(), capped.end()));
  const auto uniform = counted(candidates, sample_sub_mixture(candidates, {Rule::TaskUniform, 405}, 1, "t0"));
  CHECK(uniform.at("small") == 5);
  CHECK(std::abs(uniform.at("big") - 200) < 50);
  CHECK(uniform.at("big") + uniform.at("mid") == 400);
  CHECK(sample_sub_mixture(candidates, {Rule::TaskUniform, 9'999}, 1, "t0").size() == 1'305);
}

}  // namespace
}  // namespace retort
