// A whole run under a budget: it stops before it could cost more, goes on when the cap is raised, and ends as
// a run that was never stopped.
#include "base/test.h"
#include "chat/price.h"
#include "recipe/small_run.h"

namespace retort {
namespace {

RunFile priced_run() {
  RunFile file = small_run();
  file.recipe.rounds = 1;
  file.teacher.price_in = 1;
  file.teacher.price_out = 2;
  return file;
}

struct Bill {
  int64_t cost = 0, open = 0, done = 0;
};
Bill bill_of(const Path& folder) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  Bill bill;
  for (const auto& [role, totals] : store->call_totals()) {
    bill.cost += totals.cost;
    bill.open += totals.reserved + totals.unknown_cost;
    bill.done += totals.done;
  }
  return bill;
}

TEST_CASE(
    "a run that its budget stops again and again ends as one that was never stopped, for the same money") {
  TemporaryFolder whole, stopped;
  RunFile file = priced_run();
  run(file, whole.path(), fake_hooks());
  const Bill wanted = bill_of(whole.path());

  int stops = 0;
  for (file.budget.money = 0.004;; file.budget.money += 0.02) {
    REQUIRE(file.budget.money < 2 * static_cast<double>(wanted.cost) / 1e9 + 1);
    try {
      run(file, stopped.path(), fake_hooks());
      break;
    } catch (const RunError& error) {
      CHECK(error.code() == ErrorCode::BudgetSpent);
      ++stops;
    }
    const Bill now = bill_of(stopped.path());
    CHECK(now.open == 0);
    CHECK(now.cost <= to_billionths(file.budget.money));
  }
  CHECK(stops >= 3);
  const Bill got = bill_of(stopped.path());
  CHECK(got.cost == wanted.cost);
  CHECK(got.done == wanted.done);
  CHECK(facts_of(stopped.path()) == facts_of(whole.path()));
}

}  // namespace
}  // namespace retort
