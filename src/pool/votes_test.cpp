#include "pool/votes.h"

#include <cmath>

#include "base/test.h"

namespace retort {
namespace {

const std::vector<SeedCandidate> kJudged = {{1, "a", 3.0}, {2, "a", -2.0}, {3, "b", 1.0},
                                            {4, "b", 1.5}, {5, "c"},       {6, "d", -1.0}};

TEST_CASE("by gap a kind has its mean gap, a student ahead of the teacher counts as none") {
  const KindVotes votes = votes_by_gap(kJudged);
  CHECK(votes == KindVotes{{"a", 1.5}, {"b", 1.25}, {"d", 0}});  // c: unjudged
}

TEST_CASE("by pass rate a kind has most votes where half of it passes") {
  const KindVotes votes = votes_by_pass_rate(kJudged, 1.0);
  CHECK(votes.at("a") == doctest::Approx(0.25));         // 1 of 2: p = 2/4
  CHECK(votes.at("b") == doctest::Approx(0.25 * 0.75));  // 0 of 2: p = 1/4
  CHECK(votes.at("d") == doctest::Approx(2.0 / 9));      // 1 of 1: p = 2/3, not yet settled
  CHECK(!votes.contains("c"));
}

TEST_CASE("a gap on the threshold is a failure, as it is hard for Lion") {
  CHECK(votes_by_pass_rate(std::vector<SeedCandidate>{{1, "a", 1.0}, {2, "a", 1.0}, {3, "a", 1.0}}, 1.0)
            .at("a") == doctest::Approx(0.2 * 0.8));
}

TEST_CASE("by loss a kind has its loss") {
  CHECK(votes_by_loss({{"a", 0.5}, {"b", 2}}) == KindVotes{{"a", 0.5}, {"b", 2}});
}

TEST_CASE("by likelihood a kind has most votes where the student gives the teacher's token one half") {
  const KindVotes votes = votes_by_likelihood({{"even", std::log(2)}, {"known", 0}, {"hopeless", 50}});
  CHECK(votes.at("even") == doctest::Approx(0.25));
  CHECK(votes.at("known") == 0);
  CHECK(votes.at("hopeless") < 1e-20);
}

TEST_CASE("by progress a kind has what its loss fell by; one that got worse none, a new one no evidence") {
  CHECK(votes_by_progress({{"a", 2}, {"b", 1}, {"gone", 1}}, {{"a", 0.5}, {"b", 1.5}, {"new", 3}}) ==
        KindVotes{{"a", 1.5}, {"b", 0}});
}

}  // namespace
}  // namespace retort
