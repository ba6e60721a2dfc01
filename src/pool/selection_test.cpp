#include "pool/selection.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/format.h"
#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

std::vector<SeedCandidate> graded(std::vector<std::optional<double>> gaps) {
  std::vector<SeedCandidate> candidates;
  for (const auto& gap : gaps) candidates.push_back({.id = int64_t(candidates.size()) + 1, .gap = gap});
  return candidates;
}
std::vector<SeedBucket> selected(std::span<const SeedCandidate> candidates, int64_t count,
                                 const SelectionOptions& options = {}) {
  return or_throw(select_seeds(candidates, count, options));
}

TEST_CASE("hard is a gap of at least the threshold, and the unjudged are in neither") {
  Split split = split_by_gap(graded({1.0, 0.99, 1.5, std::nullopt, -3.0}), 1.0);
  CHECK(split.hard == std::vector<int64_t>{1, 3});
  CHECK(split.easy == std::vector<int64_t>{2, 5});
  CHECK(split.unjudged == std::vector<int64_t>{4});
}

TEST_CASE("a sweep of thresholds counts hard as the split does, and never rises") {
  Random random(1, "sweep");
  std::vector<std::optional<double>> gaps;
  for (int i = 0; i < 500; ++i)
    gaps.push_back(random.chance(0.1) ? std::nullopt : std::optional(random.range(-18, 18) / 2.0));
  std::vector<SeedCandidate> candidates = graded(gaps);
  std::vector<double> thresholds;
  for (int i = -40; i <= 40; ++i) thresholds.push_back(i / 4.0);
  std::vector<int64_t> counts = sweep_thresholds(candidates, thresholds);
  for (size_t i = 0; i < thresholds.size(); ++i) {
    CHECK(counts[i] == int64_t(split_by_gap(candidates, thresholds[i]).hard.size()));
    if (i > 0) CHECK(counts[i] <= counts[i - 1]);
  }
  CHECK(counts.front() > 400);
  CHECK(counts.back() == 0);
}

TEST_CASE("thresholds of a sweep come in any order") {
  CHECK(sweep_thresholds(graded({0.0, 1.0, 2.0}), std::vector<double>{3, 0, 1}) ==
        std::vector<int64_t>{0, 3, 2});
}

TEST_CASE("Lion's rule writes half from hard and half from easy seeds") {
  std::vector<SeedBucket> buckets = selected(graded({2.0, 0.0, std::nullopt, 0.5}), 6'000);
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0].origin == Origin::Hard);
  CHECK(buckets[0].count == 3'000);
  CHECK(buckets[0].seeds == std::vector<int64_t>{1});
  CHECK(buckets[1].origin == Origin::Easy);
  CHECK(buckets[1].count == 3'000);
  CHECK(buckets[1].seeds == std::vector<int64_t>{2, 4});
}

TEST_CASE("bucket counts sum to what is asked, at any share") {
  std::vector<SeedCandidate> candidates = graded({2.0, 0.0});
  for (double share : {0.0, 0.1, 1.0 / 3, 0.5, 2.0 / 3, 0.999, 1.0})
    for (int64_t count : {0, 1, 2, 3, 7, 100, 6'000}) {
      int64_t sum = 0;
      for (const SeedBucket& bucket : selected(candidates, count, {.hard_share = share})) {
        CHECK(bucket.count > 0);
        CHECK(!bucket.seeds.empty());
        double part = bucket.origin == Origin::Hard ? share : 1 - share;
        CHECK(std::abs(double(bucket.count) - part * double(count)) <= 0.5 + 1e-9);
        sum += bucket.count;
      }
      CHECK(sum == count);
    }
}

TEST_CASE("a remainder shared equally goes to hard") { CHECK(selected(graded({2.0, 0.0}), 3)[0].count == 2); }

TEST_CASE("an empty side gives its share to the other") {
  std::vector<SeedBucket> easy = selected(graded({0.0, 0.5}), 10);
  REQUIRE(easy.size() == 1);
  CHECK(easy[0].origin == Origin::Easy);
  CHECK(easy[0].count == 10);
  std::vector<SeedBucket> hard = selected(graded({4.0}), 10, {.hard_share = 0.0});
  REQUIRE(hard.size() == 1);
  CHECK(hard[0].origin == Origin::Hard);
  CHECK(hard[0].count == 10);
}

TEST_CASE("with nothing judged the gap rule draws from all, as imitation does") {
  std::vector<SeedBucket> buckets = selected(graded({std::nullopt, std::nullopt}), 5);
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].origin == Origin::Same);
  CHECK(buckets[0].count == 5);
  CHECK(buckets[0].seeds == std::vector<int64_t>{1, 2});
  CHECK(!select_seeds({}, 5, {}));
}

TEST_CASE("options that cannot be are refused") {
  std::vector<SeedCandidate> candidates = graded({1.0});
  CHECK(!select_seeds(candidates, 5, {.rule = "hardest"}));
  CHECK(!select_seeds(candidates, 5, {.hard_share = 1.5}));
  CHECK(!select_seeds(candidates, 5, {.threshold = std::nan("")}));
  CHECK(!select_seeds({}, 5, {.rule = "random"}));
}

TEST_CASE("the random rule draws from all, judged or not") {
  std::vector<SeedBucket> buckets = selected(graded({2.0, std::nullopt, 0.0}), 9, {.rule = "random"});
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].origin == Origin::Same);
  CHECK(buckets[0].seeds == std::vector<int64_t>{1, 2, 3});
  CHECK(!buckets[0].balanced);
}

TEST_CASE("balanced draws give every kind one vote, however rare it is") {
  std::vector<SeedCandidate> candidates;
  for (int64_t id = 1; id <= 100; ++id) candidates.push_back({.id = id, .kind = id <= 98 ? "common" : ""});
  SeedBucket bucket = selected(candidates, 1, {.rule = "balanced"})[0];
  int rare = 0;
  for (uint64_t attempt = 0; attempt < 10'000; ++attempt) rare += bucket.draw(1, "write/1", attempt) > 98;
  CHECK(rare > 4'800);
  CHECK(rare < 5'200);
}

TEST_CASE(
    "kinds are drawn by their votes, however many seeds each has; one without a vote counts as the mean") {
  std::vector<SeedCandidate> candidates;
  for (int64_t id = 1; id <= 100; ++id)
    candidates.push_back({.id = id, .kind = id <= 90 ? "a" : id <= 97 ? "b" : id <= 99 ? "c" : "new"});
  SeedBucket bucket = selected(candidates, 1, {.rule = "votes", .votes = {{"a", 1}, {"b", 5}, {"c", 0}}})[0];
  std::map<std::string, int> times;
  for (uint64_t attempt = 0; attempt < 8'000; ++attempt) {
    const int64_t id = bucket.draw(3, "write/1", attempt);
    ++times[std::string(candidates[static_cast<size_t>(id) - 1].kind)];
  }
  CHECK(std::abs(times["a"] - 1'000) < 150);
  CHECK(std::abs(times["b"] - 5'000) < 200);
  CHECK(times["c"] == 0);
  CHECK(std::abs(times["new"] - 2'000) < 200);
}

TEST_CASE("without a vote above 0 every kind has one, as in the balanced rule") {
  std::vector<SeedCandidate> candidates = {{1, "a"}, {2, "a"}, {3, "b"}};
  SeedBucket balanced = selected(candidates, 1, {.rule = "balanced"})[0];
  for (const KindVotes& votes : {KindVotes(), KindVotes{{"a", 0}, {"b", 0}}, KindVotes{{"elsewhere", 7}}}) {
    SeedBucket bucket = selected(candidates, 1, {.rule = "votes", .votes = votes})[0];
    for (uint64_t attempt = 0; attempt < 50; ++attempt)
      CHECK(bucket.draw(1, "write/1", attempt) == balanced.draw(1, "write/1", attempt));
  }
}

TEST_CASE("votes per kind work within hard and easy too") {
  std::vector<SeedCandidate> candidates = {{1, "a", 2.0}, {2, "a", 2.0}, {3, "b", 2.0}, {4, "a", 0.0}};
  std::vector<SeedBucket> buckets = selected(candidates, 10, {.vote_per_kind = true});
  CHECK(buckets[0].by_kind == std::vector<std::vector<int64_t>>{{1, 2}, {3}});
  CHECK(buckets[1].by_kind == std::vector<std::vector<int64_t>>{{4}});
}

TEST_CASE("draws are uniform with replacement") {
  SeedBucket bucket = selected(graded({2.0, 2.0, 2.0, 2.0}), 1)[0];
  std::map<int64_t, int> times;
  for (uint64_t attempt = 0; attempt < 8'000; ++attempt) ++times[bucket.draw(5, "write/1", attempt)];
  REQUIRE(times.size() == 4);
  for (const auto& [id, count] : times) CHECK(std::abs(count - 2'000) < 200);
}

TEST_CASE("what an attempt draws does not depend on other attempts, only on its own name") {
  SeedBucket bucket = selected(graded(std::vector<std::optional<double>>(1'000, 2.0)), 1)[0];
  std::vector<int64_t> forward, backward;
  for (uint64_t k = 0; k < 50; ++k) forward.push_back(bucket.draw(9, "write/2", k));
  for (uint64_t k = 50; k-- > 0;) backward.push_back(bucket.draw(9, "write/2", k));
  CHECK(forward == std::vector<int64_t>(backward.rbegin(), backward.rend()));
  int same_stage = 0, same_seed = 0;
  for (uint64_t k = 0; k < 50; ++k) {
    same_stage += forward[k] == bucket.draw(10, "write/2", k);
    same_seed += forward[k] == bucket.draw(9, "write/3", k);
  }
  CHECK(same_stage < 5);
  CHECK(same_seed < 5);
}

TEST_CASE("hard and easy draws of one stage are different streams") {
  std::vector<std::optional<double>> gaps(1'000, 2.0);
  gaps.resize(2'000, 0.0);
  std::vector<SeedBucket> buckets = selected(graded(gaps), 2);
  int same = 0;
  for (uint64_t k = 0; k < 100; ++k)
    same += buckets[0].draw(1, "write/1", k) + 1'000 == buckets[1].draw(1, "write/1", k);
  CHECK(same < 5);
}

TEST_CASE("drawn by kind, a rare kind is drawn as often as a common one while it lasts, and none twice") {
  std::vector<SeedCandidate> candidates;
  for (int64_t id = 0; id < 900; ++id) candidates.push_back({id, "common"});
  for (int64_t id = 900; id < 1'000; ++id) candidates.push_back({id, "rare"});
  const auto drawn = draw_by_kind(candidates, 100, {}, Random(1, "draw"));
  CHECK(std::is_sorted(drawn.begin(), drawn.end()));
  CHECK(std::set(drawn.begin(), drawn.end()).size() == 100);
  const auto rare = std::count_if(drawn.begin(), drawn.end(), [](int64_t id) { return id >= 900; });
  CHECK(rare > 30);
  CHECK(rare < 60);
  CHECK(draw_by_kind(candidates, 5'000, {}, Random(1, "draw")).size() == 1'000);
}

TEST_CASE("drawn by kind, a kind without votes comes only for want of others, one unknown as the others do") {
  const std::vector<SeedCandidate> candidates = {{1, "none"}, {2, "all"}, {3, "all"}, {4, "unknown"}};
  const KindVotes votes = {{"none", 0}, {"all", 3}};
  CHECK(draw_by_kind(candidates, 3, votes, Random(1, "draw")) == std::vector<int64_t>{2, 3, 4});
  CHECK(draw_by_kind(candidates, 4, votes, Random(1, "draw")).size() == 4);
}

TEST_CASE(
    "the mix writes each kind what the pool lacks of it, from hard seeds of that kind, eight of a seed") {
  // 20 sixtieths of what is there are math's and law's: ten to one.
  std::vector<SeedCandidate> candidates;
  for (int64_t id = 1; id <= 4; ++id) candidates.push_back({.id = id, .kind = "Math", .gap = 3.0});
  for (int64_t id = 5; id <= 6; ++id) candidates.push_back({.id = id, .kind = "Law", .gap = 3.0});
  const SelectionOptions mix{
      .rule = "mix", .hard_share = 1, .have = {{"Math", 4}, {"Law", 20}}, .children_max = 8};
  std::vector<SeedBucket> buckets = selected(candidates, 20, mix);
  REQUIRE(buckets.size() == 1);  // law has too much already
  CHECK(buckets[0].origin == Origin::Hard);
  CHECK(buckets[0].count == 20);
  CHECK(buckets[0].seeds == std::vector<int64_t>{1, 2, 3, 4});
  CHECK(buckets[0].children_max == 8);
  // Four seeds bring 32 at most; what they cannot, the two of law do, up to 16.
  buckets = selected(candidates, 40, mix);
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0].count == 8);
  CHECK(buckets[1].count == 32);
  buckets = selected(candidates, 1'000, mix);
  CHECK(buckets[0].count + buckets[1].count == 48);
  // As the pool has it, counted with its seeds: 5 of math to 21 of law.
  SelectionOptions as_pool = mix;
  as_pool.mix_as_pool = true;
  buckets = selected(candidates, 10, as_pool);
  REQUIRE(buckets.size() == 2);
  CHECK(buckets[0].count == 7);
  CHECK(buckets[1].count == 3);
}

TEST_CASE("the mix keeps Lion's hard and easy sides, and writes from all alike where nothing is judged") {
  std::vector<SeedCandidate> candidates = {{.id = 1, .kind = "a", .gap = 3.0},
                                           {.id = 2, .kind = "b", .gap = 0.0},
                                           {.id = 3, .kind = "b", .gap = 5.0},
                                           {.id = 4, .kind = "c"}};
  const SelectionOptions mix{.rule = "mix", .have = {{"a", 1}, {"b", 2}, {"c", 1}}, .children_max = 0};
  std::vector<SeedBucket> buckets = selected(candidates, 20, mix);
  int64_t hard = 0, easy = 0;
  for (const SeedBucket& bucket : buckets) (bucket.origin == Origin::Hard ? hard : easy) += bucket.count;
  CHECK(hard == 10);
  CHECK(easy == 10);
  for (SeedCandidate& candidate : candidates) candidate.gap.reset();
  buckets = selected(candidates, 20, mix);
  REQUIRE(buckets.size() == 3);  // four of each kind now, then alike: 24 in all
  for (const SeedBucket& bucket : buckets) CHECK(bucket.origin == Origin::Same);
  CHECK(buckets[0].count + buckets[1].count + buckets[2].count == 20);
  CHECK(buckets[1].count == 6);
}

}  // namespace
}  // namespace retort
