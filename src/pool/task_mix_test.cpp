#include "pool/task_mix.h"

#include <cmath>
#include <set>

#include "base/random.h"
#include "base/test.h"
#include "data/task_label.h"

namespace retort {
namespace {

int64_t sum(const KindCounts& counts) {
  int64_t all = 0;
  for (const auto& [kind, count] : counts) all += count;
  return all;
}

KindCounts one_of_each_label() {
  KindCounts have;
  for (const TaskLabel& label : task_labels()) have[std::string(label.name)] = 1;
  return have;
}

TEST_CASE(
    "the 32 target shares are exact fractions of sixty and sum to one, half of it math, reasoning and code") {
  int64_t all = 0, half = 0;
  std::set<std::string_view> names;
  for (const TaskLabel& label : task_labels()) {
    all += label.share;
    names.insert(label.name);
    // What the released list says, to its three decimals (0.041 for Others is what the other 31 leave).
    const double share = static_cast<double>(label.share) / kTaskShares;
    const double released = label.share == 10  ? 0.167
                            : label.share == 5 ? 0.083
                            : label.share == 1 ? 0.017
                                               : 0.05;
    CHECK(share == doctest::Approx(released).epsilon(0.02));
  }
  for (const char* name : {"Math", "Reasoning", "Code Generation", "Code Debug"})
    half += find_task_label(name)->share;
  CHECK(all == kTaskShares);
  CHECK(half * 2 == kTaskShares);
  CHECK(names.size() == 32);
  CHECK(find_task_label("Others")->share == 3);
}

TEST_CASE("a label is found by its name alone, whatever the case and the hyphens") {
  CHECK(find_task_label("common sense")->name == "Common-Sense");
  CHECK(find_task_label("CODE_DEBUG")->name == "Code Debug");
  for (const char* other :
       {"", " ", "-", "Mat", "Maths", "Math.", "Math Reasoning", "not Math", "M\0ath", "Mäth"})
    CHECK_MESSAGE(find_task_label(other) == nullptr, other);
}

TEST_CASE("the paper's 70,000 are parted by the target as computed by hand") {
  const KindCounts parts = apportion(70'000, target_shares(one_of_each_label()));
  CHECK(sum(parts) == 70'000);
  // 70000/6 = 11666 2/3, /12 = 5833 1/3, /60 = 1166 2/3, /20 = 3500: 18 are left over, and the remainders of
  // 2/3 go first, by name: Art, Biology, Chemistry, ...
  CHECK(parts.at("Code Debug") == 5'833);
  CHECK(parts.at("Code Generation") == 5'833);
  CHECK(parts.at("Others") == 3'500);
  CHECK(parts.at("Art") == 1'167);
  CHECK(parts.at("Writing") == 1'166);
  CHECK(parts.at("Reasoning") == 11'666);
}

TEST_CASE("largest remainders: each part is its share rounded down or up, and the sum is exact") {
  CHECK(apportion(10, {{"a", 1}, {"b", 1}, {"c", 1}}) == KindCounts{{"a", 4}, {"b", 3}, {"c", 3}});
  CHECK(apportion(7, {{"a", 5}, {"b", 3}, {"c", 1}}) == KindCounts{{"a", 4}, {"b", 2}, {"c", 1}});
  CHECK(apportion(0, {{"a", 1}}) == KindCounts{{"a", 0}});
  CHECK(apportion(3, {{"a", 0}, {"b", 2}}) == KindCounts{{"a", 0}, {"b", 3}});
  Random random(1, "apportion");
  for (int trial = 0; trial < 2'000; ++trial) {
    KindShares shares;
    int64_t units = 0;
    for (int64_t i = 0, n = random.range(1, 40); i < n; ++i)
      units += shares[format("k{}", i)] = random.range(0, 99);
    if (units == 0) continue;
    const int64_t count = random.range(0, trial % 2 == 0 ? 50 : 4'000'000'000);
    const KindCounts parts = apportion(count, shares);
    REQUIRE(sum(parts) == count);
    for (const auto& [kind, part] : parts) {
      const double exact =
          static_cast<double>(count) * static_cast<double>(shares[kind]) / static_cast<double>(units);
      REQUIRE(static_cast<double>(part) >= std::floor(exact - 1e-6));
      REQUIRE(static_cast<double>(part) <= std::ceil(exact + 1e-6));
    }
  }
}

TEST_CASE("what absent labels would get, the others share; kinds that are no labels share what Others has") {
  const KindShares three = target_shares({{"Math", 5}, {"Law", 9}, {"Others", 1}, {"Art", 0}});
  CHECK(three == KindShares{{"Math", 10}, {"Law", 1}, {"Others", 3}});
  CHECK(target_shares({{"sort/1", 3}, {"sort/2", 1}}) == KindShares{{"sort/1", 3}, {"sort/2", 3}});
  // Others, an unknown kind and the unlabelled: a sixtieth of three each, beside ten of Math.
  CHECK(target_shares({{"Math", 1}, {"Others", 1}, {"sort/1", 1}, {"", 1}}) ==
        KindShares{{"Math", 30}, {"Others", 3}, {"sort/1", 3}, {"", 3}});
  CHECK(target_shares({}).empty());
}

TEST_CASE("a deficit is what a label lacks of its part, and never below zero") {
  const KindShares shares = {{"a", 1}, {"b", 1}, {"c", 2}};
  CHECK(deficits({{"a", 90}, {"b", 10}}, shares, 100) == KindCounts{{"a", 0}, {"b", 15}, {"c", 50}});
  CHECK(deficits({}, shares, 8) == KindCounts{{"a", 2}, {"b", 2}, {"c", 4}});
}

TEST_CASE("so many new instructions bring the pool as near to the target as they can") {
  const KindShares shares = {{"a", 1}, {"b", 1}, {"c", 2}};
  CHECK(fill_towards({{"a", 90}, {"b", 10}}, shares, 50) == KindCounts{{"a", 0}, {"b", 10}, {"c", 40}});
  CHECK(fill_towards({{"a", 90}, {"b", 10}}, shares, 260) == KindCounts{{"a", 0}, {"b", 80}, {"c", 180}});
  CHECK(fill_towards({}, shares, 7) == KindCounts{{"a", 2}, {"b", 2}, {"c", 3}});
  CHECK(fill_towards({{"a", 5}}, shares, 0) == KindCounts{{"a", 0}, {"b", 0}, {"c", 0}});
}

TEST_CASE("no kind gets more than its limit, and what that keeps back goes to the others") {
  const KindShares shares = {{"a", 1}, {"b", 1}, {"c", 2}};
  CHECK(fill_towards({}, shares, 40, {{"c", 8}}) == KindCounts{{"a", 16}, {"b", 16}, {"c", 8}});
  CHECK(fill_towards({}, shares, 40, {{"c", 8}, {"a", 3}}) == KindCounts{{"a", 3}, {"b", 29}, {"c", 8}});
  CHECK(fill_towards({}, shares, 40, {{"a", 1}, {"b", 2}, {"c", 8}}) ==
        KindCounts{{"a", 1}, {"b", 2}, {"c", 8}});
}

TEST_CASE("filling is exact, leaves nobody worse off, and equals the deficits of the size that it reaches") {
  Random random(3, "fill");
  for (int trial = 0; trial < 500; ++trial) {
    KindCounts have;
    for (const TaskLabel& label : task_labels())
      if (random.chance(0.7)) have[std::string(label.name)] = random.range(1, 200);
    if (have.empty()) continue;
    const KindShares shares = target_shares(have);
    const int64_t count = random.range(0, 5'000);
    const KindCounts parts = fill_towards(have, shares, count);
    REQUIRE(sum(parts) == count);
    int64_t size = 0, units = 0;  // of the kinds that get some
    for (const auto& [kind, part] : parts) {
      REQUIRE(part >= 0);
      if (part > 0) size += part + have[kind], units += shares.at(kind);
    }
    for (const auto& [kind, part] : parts) {
      const double level = units == 0 ? 0
                                      : static_cast<double>(size) * static_cast<double>(shares.at(kind)) /
                                            static_cast<double>(units);
      const auto now = static_cast<double>(have[kind] + part);
      // One that got nothing has enough; one that got some stands at its part, but for rounding.
      REQUIRE(now >= level - 2);
      if (part > 0) REQUIRE(now <= level + 2);
    }
  }
}

}  // namespace
}  // namespace retort
