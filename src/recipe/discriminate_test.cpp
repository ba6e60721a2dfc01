// Discrimination with two stages open at once: the same rows as one after the other, both at work at the same
// time, and a student that is let go when the referee fails.
#include <atomic>
#include <thread>

#include "base/clock.h"
#include "base/stop.h"
#include "recipe/small_run.h"

namespace retort {
namespace {

RunFile one_round() {
  RunFile file = small_run();
  file.recipe.rounds = 1;
  return file;
}

// A fake student whose answering ahead, on a thread of its own, a test watches or holds up.
class WatchedStudent : public FakeStudent {
 public:
  std::function<void()> before_answering;
  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override {
    if (std::this_thread::get_id() != owner_) before_answering();
    return FakeStudent::answer(instructions);
  }

 private:
  std::thread::id owner_ = std::this_thread::get_id();
};

// False after a minute in vain: a fault is to fail a test, not to hang it.
bool comes_true(const std::function<bool()>& condition) {
  const int64_t patience_ends = system_clock().monotonic_ms() + 60'000;
  while (!condition()) {
    if (system_clock().monotonic_ms() > patience_ends) return false;
    std::this_thread::yield();
  }
  return true;
}

RunHooks watched_hooks(std::function<void()> before_answering,
                       std::function<void(const StageProgress&)> see) {
  RunHooks hooks = fake_hooks();
  hooks.ahead.piece_min = 30;
  hooks.progress = std::move(see);
  hooks.open_student = [before_answering](const Path&, const StudentOptions&, const StudentSampling&) {
    auto student = std::make_unique<WatchedStudent>();
    student->before_answering = before_answering;
    return student;
  };
  return hooks;
}

TEST_CASE("a pool in pieces, on one thread or two, gives the facts of a pool in one") {
  const RunFile file = small_run();
  std::string whole;
  for (size_t piece_min : {4'096, 40, 7})
    for (std::launch on : {std::launch::async, std::launch::deferred}) {
      TemporaryFolder folder;
      RunHooks hooks = fake_hooks();
      hooks.ahead = {.on = on, .piece_min = piece_min};
      store_of(file, folder.path(), hooks);
      const std::string facts = facts_of(folder.path());
      if (whole.empty()) whole = facts;
      CHECK_MESSAGE(facts == whole, piece_min);
    }
}

TEST_CASE("the student answers the next piece while the referee compares the last") {
  std::atomic<int> pieces = 0;
  std::atomic<bool> is_one_judged = false, saw_it = false;
  const auto hold_the_second_up = [&] {
    if (++pieces == 2) saw_it = comes_true([&] { return is_one_judged.load(); });
  };
  const auto see = [&](const StageProgress& progress) {
    if (progress.stage == "judge_1" && progress.done > 0) is_one_judged = true;
  };
  TemporaryFolder folder;
  store_of(one_round(), folder.path(), watched_hooks(hold_the_second_up, see));
  CHECK(pieces == 4);
  CHECK(saw_it);
}

TEST_CASE("a student at work ahead is let go when the referee fails, and a rerun ends with the same facts") {
  TemporaryFolder whole, stopped;
  store_of(one_round(), whole.path());
  std::atomic<int> pieces = 0, let_go = 0;
  const auto work_until_let_go = [&] {
    if (++pieces != 3) return;
    comes_true([&] {
      try {
        throw_if_stopped();
      } catch (const RunError&) {
        ++let_go;
        throw;
      }
      return false;
    });
  };
  const auto fail = [&](const StageProgress& progress) {
    if (progress.stage != "judge_1" || progress.done < 60) return;
    comes_true([&] { return pieces == 3; });
    throw RunError(ErrorCode::BudgetSpent, "no money left");
  };
  CHECK_THROWS_WITH_AS(run(one_round(), stopped.path(), watched_hooks(work_until_let_go, fail)),
                       "no money left", RunError);
  CHECK(let_go == 1);
  store_of(one_round(), stopped.path());
  CHECK(facts_of(stopped.path()) == facts_of(whole.path()));
}

}  // namespace
}  // namespace retort
