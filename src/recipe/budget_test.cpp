// A whole run under a budget: it stops before it could cost more, goes on when the cap is raised, and ends as
// a run that was never stopped.
#include "base/test.h"
#include "chat/price.h"
#include "recipe/fake_student.h"
#include "recipe/run.h"

namespace retort {
namespace {

RunFile priced_run() {
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.control.clear();
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 30;
  file.data.practice_rows = 120;
  file.eval.practice_per_kind = 1;
  file.student.base = "/nowhere";
  file.teacher.price_in = 1;
  file.teacher.price_out = 2;
  return file;
}

RunEnd run_fake(const RunFile& file, const Path& folder) {
  return run(file, folder, {.open_student = FakeStudent::open_fake, .progress = {}, .say = {}});
}

struct Facts {
  int64_t cost = 0, open = 0, done = 0;
  std::string rows;
};
Facts facts_of(const Path& folder) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  Facts facts;
  for (const auto& [role, totals] : store->call_totals()) {
    facts.cost += totals.cost;
    facts.open += totals.reserved + totals.unknown_cost;
    facts.done += totals.done;
  }
  store->for_each_instruction(
      "", [&](const Instruction& i) { facts.rows += format("{} {} {}\n", i.id, i.parent_id, i.text); });
  for (const Verdict& v : store->verdicts("judge_1"))
    facts.rows +=
        format("{} {} {}\n", v.instruction_id, v.teacher_score.value_or(0), v.student_score.value_or(0));
  return facts;
}

TEST_CASE(
    "a run that its budget stops again and again ends as one that was never stopped, for the same money") {
  TemporaryFolder whole, stopped;
  RunFile file = priced_run();
  run_fake(file, whole.path());
  const Facts wanted = facts_of(whole.path());

  int stops = 0;
  for (file.budget.money = 0.004;; file.budget.money += 0.02) {
    REQUIRE(file.budget.money < 2 * static_cast<double>(wanted.cost) / 1e9 + 1);
    try {
      run_fake(file, stopped.path());
      break;
    } catch (const RunError& error) {
      CHECK(error.code() == ErrorCode::BudgetSpent);
      ++stops;
    }
    const Facts now = facts_of(stopped.path());
    CHECK(now.open == 0);
    CHECK(now.cost <= to_billionths(file.budget.money));
  }
  CHECK(stops >= 3);
  const Facts got = facts_of(stopped.path());
  CHECK(got.cost == wanted.cost);
  CHECK(got.done == wanted.done);
  CHECK(got.rows == wanted.rows);
}

}  // namespace
}  // namespace retort
