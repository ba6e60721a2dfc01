#include "pool/difficulty.h"

#include <cmath>

#include "base/test.h"
#include "data/verdict.h"

namespace retort {
namespace {

SeedCandidate judged(int64_t id, double teacher, double student) {
  return {.id = id, .gap = teacher - student, .teacher_score = teacher};
}

TEST_CASE("the gap of two ordered verdicts is teacher minus student, each the mean of both orders") {
  const Verdict first{.order = Order::TeacherFirst, .teacher_score = 9, .student_score = 4};
  const Verdict second{.order = Order::StudentFirst, .teacher_score = 7, .student_score = 6};
  const Judgement judgement = combine(1, first, second);
  CHECK(judgement.gap() == 3.0);
  CHECK(judgement.teacher_score == 8.0);
}

TEST_CASE("hard is a gap above delta with a teacher that is good enough, and everybody is somewhere") {
  const std::vector<SeedCandidate> candidates = {judged(1, 9, 6.9),    judged(2, 9, 7), judged(3, 6.5, 1),
                                                 judged(4, 7, 1),      judged(5, 8, 9), {.id = 6},
                                                 {.id = 7, .gap = 5.0}};
  const Fitting open = split_by_fitting(candidates, {});
  CHECK(open.hard == std::vector<int64_t>{1, 4});
  CHECK(open.rest == std::vector<int64_t>{2, 5});  // a gap of delta itself is not hard
  CHECK(open.weak_teacher == std::vector<int64_t>{3});
  CHECK(open.unjudged == std::vector<int64_t>{6, 7});
  CHECK(open.out_of_reach.empty());
  const Fitting capped = split_by_fitting(candidates, {.gap_max = 5});
  CHECK(capped.hard == std::vector<int64_t>{1});
  CHECK(capped.out_of_reach == std::vector<int64_t>{4});
}

TEST_CASE("the paper's transcript with the sign turned round would keep what the student does best") {
  const std::vector<SeedCandidate> candidates = {judged(1, 9, 2), judged(2, 7, 10)};
  CHECK(split_by_fitting(candidates, {}).hard == std::vector<int64_t>{1});
}

TEST_CASE("the weight of a pass rate is most at one half and nothing at both ends") {
  CHECK(frontier_weight(0, 8) == 0);
  CHECK(frontier_weight(8, 8) == 0);
  CHECK(frontier_weight(4, 8) == 0.25);
  CHECK(frontier_weight(1, 4) == 0.1875);
}

// Golden numbers from numpy: corrcoef of the mid-ranks.
TEST_CASE("rank correlation is Spearman's, ties sharing their mean rank") {
  using Values = std::vector<double>;
  CHECK(*rank_correlation(Values{1, 2, 3, 4}, Values{10, 20, 25, 99}) == doctest::Approx(1));
  CHECK(*rank_correlation(Values{1, 2, 3, 4}, Values{4, 3, 2, 1}) == doctest::Approx(-1));
  CHECK(*rank_correlation(Values{1, 2, 3, 4, 5}, Values{5, 6, 7, 8, 7}) ==
        doctest::Approx(0.8207826816681233));
  CHECK(*rank_correlation(Values{1, 1, 2, 2, 3, 0}, Values{2, 1, 1, 5, 5, 0}) ==
        doctest::Approx(0.7727272727272726));
  CHECK_FALSE(rank_correlation(Values{1, 1, 1}, Values{1, 2, 3}));
  CHECK_FALSE(rank_correlation(Values{}, Values{}));
  CHECK_FALSE(rank_correlation(Values{1}, Values{2}));
}

}  // namespace
TEST_CASE("the share that finds nine tenths of the hard: least for a perfect score, nine tenths for none") {
  std::vector<double> perfect, worst, equal;
  std::vector<bool> hard;
  for (int i = 0; i < 100; ++i) {
    hard.push_back(i % 4 == 0);
    perfect.push_back(hard.back() ? 1 : 0);
    worst.push_back(hard.back() ? 0 : 1);
    equal.push_back(7);
  }
  CHECK(*share_for_recall(perfect, hard, 0.9) == doctest::Approx(0.9 * 0.25));
  CHECK(*share_for_recall(worst, hard, 0.9) == doctest::Approx(0.75 + 0.9 * 0.25));
  CHECK(*share_for_recall(equal, hard, 0.9) == doctest::Approx(0.9));
  CHECK_FALSE(share_for_recall(equal, std::vector<bool>(100, false), 0.9));
}

}  // namespace retort
