// Priors: what they measure, and whom the referee sees by them. A fake student, a real store and practice
// teacher.
#include "recipe/prior.h"

#include <cmath>

#include "base/test.h"
#include "recipe/fake_student.h"
#include "recipe/run.h"

namespace retort {

TEST_CASE("disagreement is none where both come to the same, and falls with what they share") {
  CHECK(disagreement("Two and two.\n4", "4.0") == 0);
  CHECK(disagreement("red green blue", "red green grey") == doctest::Approx(1.0 / 3));
  CHECK(disagreement("red", "7") == 1);
}

TEST_CASE("uncertainty is most at even odds; an answer of one token has no IFD") {
  CHECK(uncertainty(std::log(2.0)) == doctest::Approx(0.25));
  CHECK(uncertainty(0) == 0);
  CHECK(uncertainty(9) < 0.001);
  CHECK_FALSE(prior_of("ifd", {.loss = 1, .tokens = 1}));
  CHECK(*prior_of("ifd", {.loss = 1, .tokens = 5, .after_prompt = 1, .alone = 2}) == 0.5);
}

TEST_CASE("the report ranks measures against each other and against what the referee found hard") {
  std::vector<RowMeasures> rows;
  for (int i = 0; i < 40; ++i)
    rows.push_back(
        {{"gap", i < 10 ? 5.0 : 0.0}, {"loss", i < 10 ? 2.0 : 1.0}, {"ifd", static_cast<double>(i)}});
  const std::string text = difficulty_report(rows, 1.0);
  CHECK(text.find("hard: 10 of 40") != std::string::npos);
  CHECK(text.find("  loss: 0.225") != std::string::npos);
  CHECK(text.find("gap ~ loss: 1.00 (n = 40)") != std::string::npos);
  CHECK(text.find("  ifd: 0.975") != std::string::npos);
}

TEST_CASE("with a prior the referee sees the hardest of the pool, so many, and not the others") {
  for (const std::string prior : {"loss", "ifd", "disagreement"}) {
    RunFile file = or_throw(preset_run_file("demo"));
    file.recipe.control.clear();
    file.recipe.rounds = 1;
    file.recipe.new_per_round = 20;
    file.recipe.judge_sample = 30;
    file.recipe.judge_prior = prior;
    file.data.practice_rows = 120;
    file.eval.practice_per_kind = 1;
    file.student.base = "/nowhere";
    or_throw(validate(file));
    TemporaryFolder folder;
    REQUIRE(run(file, folder.path(),
                {.open_student = FakeStudent::open_fake,
                 .progress = {},
                 .say = {},
                 .open_scorer = FakeScorer::open_fake}) == RunEnd::Finished);
    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Read));
    CHECK(store->stage("judge_1")->counts.in == 30);
    CHECK(store->stage("prior_1")->counts.in == 120);
    CHECK(store->call_totals()["referee"].done == 60);
    const auto measures = store->metrics("prior_1");
    double least_shown = 1e9, most = 0;
    for (const Verdict& verdict : store->verdicts("judge_1"))
      least_shown = std::min(least_shown, measures.at(format("item/{}", verdict.instruction_id)));
    for (const auto& [item, value] : measures) most = std::max(most, value);
    CHECK(least_shown == most);  // the fake student knows or does not; more than 30 it does not
  }
}

}  // namespace retort
