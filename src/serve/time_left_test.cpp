// What is left of a run, from what its last round took.
#include "serve/time_left.h"

#include "base/test.h"

namespace retort {
namespace {

StageView stage(const std::string& name, double seconds) {
  return {.name = name, .finished = seconds > 0, .started_ms = 100'000, .seconds = seconds};
}

// Three rounds are planned; the second is at its training.
RunView half_way() {
  RunView view{.state = RunState::Running, .rounds_planned = 3};
  view.money = MoneyView{.currency = "USD", .spent = 500};
  view.stages = {stage("seeds", 1),    stage("teach_0", 9),  stage("imitate_0", 90), stage("evaluate_0", 9),
                 stage("judge_1", 10), stage("write_1", 20), stage("imitate_1", 30), stage("evaluate_1", 5),
                 stage("judge_2", 12), stage("write_2", 22), stage("imitate_2", 0)};
  view.evidence.calls = {{.stage = "judge_1", .role = "referee", .cost = 100},
                         {.stage = "judge_2", .role = "referee", .cost = 140},
                         {.stage = "write_2", .role = "generator", .cost = 40}};
  return view;
}

TEST_CASE("rounds to come last and cost what the last one did") {
  // 10 s into the training: 20 s of it are left, then an evaluation, then a whole round.
  TimeLeft left = time_left(half_way(), std::nullopt, 110'000);
  CHECK(left.all_seconds == doctest::Approx(20 + 5 + (12 + 22 + 30 + 5)));
  CHECK(left.projected == 500 + 140 + 40);
  CHECK(!left.stage_seconds.has_value());
}

TEST_CASE("a stage that tells its pace is believed") {
  LiveState live{.stage = "imitate_2", .done = 25, .all = 100, .begun_ms = 100'000};
  TimeLeft left = time_left(half_way(), live, 110'000);
  CHECK(left.stage_seconds == doctest::Approx(30));
  CHECK(left.all_seconds == doctest::Approx(30 + 5 + 69));
}

TEST_CASE("a referee that works while the student answers takes what it takes longer") {
  RunView view = half_way();
  view.stages.insert(view.stages.begin() + 8, stage("answer_2", 8));  // both began at once: 4 of judge_2's 12
  view.stages.insert(view.stages.begin() + 4, stage("answer_1", 6));
  TimeLeft left = time_left(view, std::nullopt, 110'000);
  CHECK(left.all_seconds == doctest::Approx(20 + 5 + (8 + 4 + 22 + 30 + 5)));
}

TEST_CASE("a referee at work is counted from the end of the student's answers") {
  RunView view = half_way();
  view.stages.resize(8);
  view.stages.insert(view.stages.begin() + 4, stage("answer_1", 6));
  view.stages.push_back(stage("answer_2", 0));
  view.stages.push_back(stage("judge_2", 0));  // both began 3 s ago
  TimeLeft left = time_left(view, std::nullopt, 103'000);
  CHECK(left.all_seconds == doctest::Approx((6 - 3) + 4 + 20 + 30 + 5 + (6 + 4 + 20 + 30 + 5)));
  view.stages[9] = stage("answer_2", 8);  // since 2 s the referee is alone
  left = time_left(view, std::nullopt, 110'000);
  CHECK(left.all_seconds == doctest::Approx((4 - 2) + 20 + 30 + 5 + (8 + 4 + 20 + 30 + 5)));
}

TEST_CASE("a control is taken to do what the main arm does, without a referee") {
  RunView view = half_way();
  view.control = ArmView{"imitation", {}};
  TimeLeft left = time_left(view, std::nullopt, 110'000);
  CHECK(left.all_seconds == doctest::Approx(94 + 3 * (22 + 30 + 5)));
}

TEST_CASE("before a whole round, or after the end, nothing is said") {
  RunView view = half_way();
  view.stages.resize(7);
  CHECK(!time_left(view, std::nullopt, 110'000).all_seconds.has_value());
  view = half_way();
  view.state = RunState::Finished;
  CHECK(!time_left(view, std::nullopt, 110'000).all_seconds.has_value());
}

TEST_CASE("a running process tells at most once a second where it is, and takes it back at its end") {
  TemporaryFolder folder;
  FakeClock clock;
  {
    LiveFile live(folder.path(), clock);
    live.tell("teach_0", 1, 10, "");
    CHECK(read_live(folder.path())->done == 1);
    clock.sleep_ms(500);
    live.tell("teach_0", 2, 10, "");
    CHECK(read_live(folder.path())->done == 1);
    live.tell("imitate_0", 1, 5, "loss 0.8");
    CHECK(read_live(folder.path())->stage == "imitate_0");
    clock.sleep_ms(1'000);
    live.tell("imitate_0", 3, 5, "loss 0.7");
    CHECK(read_live(folder.path())->detail == "loss 0.7");
    CHECK(read_live(folder.path())->written_ms - read_live(folder.path())->begun_ms == 1'000);
  }
  CHECK(!read_live(folder.path()).has_value());
}

TEST_CASE("what is no live file is none") {
  TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", "{\"stage\": 3}", "null"}) {
    or_throw(write_file_atomic(folder.path() / "live.json", text));
    CHECK_MESSAGE(!read_live(folder.path()).has_value(), text);
  }
}

}  // namespace
}  // namespace retort
