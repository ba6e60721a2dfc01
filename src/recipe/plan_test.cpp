// The estimate beside the bill, and its counts beside the recipes'.
#include "recipe/plan.h"

#include <map>

#include "base/test.h"
#include "recipe/fake_student.h"
#include "recipe/pilot.h"
#include "recipe/run.h"

namespace retort {
namespace {

RunFile priced_run() {
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.control.clear();
  file.recipe.rounds = 2;
  file.recipe.new_per_round = 60;
  file.data.practice_rows = 240;
  file.eval.practice_per_kind = 1;
  file.student.base = "/nowhere";
  file.teacher.price_in = 0.15;
  file.teacher.price_out = 0.6;
  return file;
}

int64_t bill_of(const Path& folder) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  int64_t sum = 0;
  for (const auto& [role, totals] : store->call_totals()) sum += totals.cost;
  return sum;
}

Plan piloted_plan(const RunFile& file) {
  TemporaryFolder folder;
  auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
  Endpoints endpoints(file, *store, {});
  return plan_run(file, look_at_seeds(file), run_pilot(file, endpoints, *store, 200));
}

double calls_of(const Plan& plan, std::string_view role) {
  double sum = 0;
  for (const PlanRow& row : plan.rows) sum += row.role == role ? row.calls : 0;
  return sum;
}

TEST_CASE("the estimate is within a tenth of the bill, for three recipes") {
  RunFile lion = priced_run(), controlled = priced_run(), balanced = priced_run();
  controlled.recipe.control = "imitation";
  controlled.recipe.judge_sample = 100;
  balanced.recipe.name = "balanced";
  balanced.data.train_sample = 150;
  for (const RunFile& file : {lion, controlled, balanced}) {
    TemporaryFolder folder;
    run(file, folder.path(), {.open_student = FakeStudent::open_fake, .progress = {}, .say = {}});
    const auto bill = static_cast<double>(bill_of(folder.path()));
    const auto planned = static_cast<double>(piloted_plan(file).total().cost);
    INFO(file.recipe.name, " ", planned / bill);
    REQUIRE(bill > 0);
    CHECK(planned / bill > 0.9);
    CHECK(planned / bill < 1.1);
  }
}

TEST_CASE("the counts are the recipe's own") {
  RunFile file = priced_run();
  file.eval.heldout_rows = 40;
  const Assumptions one{
      .teacher = {1, 1}, .referee = {1, 1}, .generator = {1, 1}, .writer_calls_per_kept = 2};
  const SeedFigures seeds{.rows = 240};
  Plan plan = plan_run(file, seeds, one);
  CHECK(calls_of(plan, "teacher") == 240 + 2 * 60);
  CHECK(calls_of(plan, "referee") == 2 * (200 + 260));
  CHECK(calls_of(plan, "generator") == 2 * 60 * 2);
  file.recipe.control = "balanced";
  plan = plan_run(file, seeds, one);
  CHECK(calls_of(plan, "teacher") == 240 + 4 * 60);
  CHECK(calls_of(plan, "referee") == 2 * (200 + 260));
  file.recipe.name = "imitation";
  CHECK(calls_of(plan_run(file, seeds, one), "referee") == 0);
}

TEST_CASE("rows that bring their answer cost nothing, and attempts are bounded") {
  RunFile file = priced_run();
  file.recipe.attempts_per_instruction = 3;
  const Assumptions one{.teacher = {1, 1}, .generator = {1, 1}, .writer_calls_per_kept = 50};
  const Plan plan = plan_run(file, {.rows = 240, .answered = 240}, one);
  CHECK(calls_of(plan, "teacher") == 2 * 60);
  CHECK(calls_of(plan, "generator") == 2 * 60 * 3);
}

TEST_CASE("Evol-Instruct's attempts take two calls, and Alpaca's writer answers what it writes") {
  RunFile file = priced_run();
  file.recipe.attempts_per_instruction = 3;
  file.recipe.writer = "evol-instruct";
  const Assumptions one{.teacher = {1, 1}, .generator = {1, 1}, .writer_calls_per_kept = 50};
  CHECK(calls_of(plan_run(file, {.rows = 240, .answered = 240}, one), "evolver") == 2 * 60 * 2 * 3);
  file.recipe.writer = "alpaca";
  CHECK(calls_of(plan_run(file, {.rows = 240, .answered = 240}, one), "teacher") == 0);
}

TEST_CASE("a list that its length cuts short takes more calls") {
  RunFile file = priced_run();
  file.recipe.writer = "alpaca";
  const SeedFigures seeds{.rows = 240, .answered = 240, .bytes = 400, .answer_bytes = 800};
  file.generator.tokens_max = 17 * 300 / 2;
  const double half = rule_of_thumb(file, seeds).writer_calls_per_kept;
  file.generator.tokens_max = 17 * 300;
  CHECK(half == doctest::Approx(2 * rule_of_thumb(file, seeds).writer_calls_per_kept));
}

TEST_CASE("a pilot asks the writer of every recipe that explains its answers, Orca's apart") {
  RunFile file = priced_run();
  file.answers.explained = true;
  TemporaryFolder folder;
  auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
  Endpoints endpoints(file, *store, {});
  run_pilot(file, endpoints, *store, 20);
  CHECK(store->call_totals()["generator"].done > 0);
  CHECK(store->call_totals()["explainer"].done > 0);
}

TEST_CASE("limits by the minute make the time, where answers are faster than they allow") {
  RunFile file = priced_run();
  file.recipe.rounds = 0;
  const Assumptions one{.teacher = {100, 50, 1'000}, .writer_calls_per_kept = 1};
  file.teacher.concurrency = 24;
  CHECK(plan_run(file, {.rows = 240}, one).total().seconds == doctest::Approx(10));
  file.teacher.requests_per_minute = 60;
  CHECK(plan_run(file, {.rows = 240}, one).total().seconds == doctest::Approx(240));
  file.teacher.tokens_out_per_minute = 1'200;
  CHECK(plan_run(file, {.rows = 240}, one).total().seconds == doctest::Approx(600));
}

TEST_CASE("the plan is printed with its prices, and says when the budget is too small") {
  RunFile file = priced_run();
  file.budget.money = 0.0001;
  const Assumptions one{.teacher = {100, 50},
                        .referee = {400, 60},
                        .generator = {90, 30},
                        .writer_calls_per_kept = 1.5,
                        .source = "somewhere"};
  const Plan plan = plan_run(file, {.rows = 240}, one);
  const std::string text = plan_text(file, plan);
  CHECK(text.find("judge_2") != std::string::npos);
  CHECK(text.find("from somewhere") != std::string::npos);
  CHECK(text.find("too little") != std::string::npos);
  const Json total = plan_json(file, plan).at_path("total");
  CHECK(total.at_path("cost_batch").number_or(0) ==
        doctest::Approx(total.at_path("cost").number_or(-1) / 2).epsilon(0.001));
}

TEST_CASE("the teacher's calls of a pilot are not paid for again by the run") {
  RunFile file = priced_run();
  file.recipe.name = "imitation";
  file.recipe.rounds = 0;
  TemporaryFolder folder;
  {
    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
    Endpoints endpoints(file, *store, {});
    run_pilot(file, endpoints, *store, 50);
  }
  run(file, folder.path(), {.open_student = FakeStudent::open_fake, .progress = {}, .say = {}});
  auto store = or_throw(RunStore::open(folder.path(), StoreMode::Read));
  CHECK(store->call_totals()["teacher"].done == 240);
}

TEST_CASE("every method's calls are planned by role, and never too few of them") {
  for (const char* recipe : {"tapir", "lion-tapir", "orca", "self-instruct", "evol-instruct", "ekt"}) {
    TemporaryFolder folder;
    RunFile file = priced_run();
    file.recipe.name = recipe;
    file.data.kinds = "classifier";
    file.teacher_2.model = "another";
    if (file.recipe.name == "orca") file.recipe.rounds = 1;
    run(file, folder.path(), {.open_student = FakeStudent::open_fake, .progress = {}, .say = {}});
    const Plan plan = piloted_plan(file);
    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Read));
    for (const auto& [role, totals] : store->call_totals()) {
      INFO(recipe, " ", role, " planned ", calls_of(plan, role), " done ", totals.done);
      // A batch that is begun is a whole call, in each round: two are in the noise here.
      CHECK(calls_of(plan, role) > 0.9 * static_cast<double>(totals.done - 2));
      // How many are hard is the student's affair: what is drawn and rewritten may be fewer.
      CHECK(calls_of(plan, role) < 2.5 * static_cast<double>(totals.done));
    }
  }
}

}  // namespace
}  // namespace retort
