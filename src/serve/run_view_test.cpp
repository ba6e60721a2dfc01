// The view of a run, from the real store.
#include "serve/run_view.h"

#include "base/test.h"
#include "serve/stage_name.h"
#include "serve/synthetic_run.h"
#include "serve/view_evals.h"
#include "store/lock.h"

namespace retort {
namespace {

RunView view_of(const SyntheticOptions& options, Detail detail = Detail::Evidence) {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), options);
  return or_throw(read_run(folder.path(), detail));
}

const SyntheticOptions kSmall{.rounds = 2, .seeds = 40, .fresh = 10, .per_kind = 2};

TEST_CASE("results of an evaluation are read from the run's folder, and a broken one is left out") {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), {.rounds = 1, .seeds = 20, .fresh = 5, .per_kind = 1});
  or_throw(write_file_atomic(folder.path() / "evals" / "results" / "broken.json", "{}"));
  const RunView view = or_throw(read_run(folder.path(), Detail::Evidence));
  REQUIRE(view.evidence.evals.size() == 2);
  const Json json = evals_json(view.evidence.evals);
  CHECK(json.at_path("0/suite").string_or("") == "bbh");
  CHECK(json.at_path("0/figures/0/n").integer_or(0) == 60);
  CHECK(json.at_path("0/figures/0/unparsed").integer_or(0) == 3);
  CHECK(json.at_path("0/figures/0/estimate/0").number_or(0) == doctest::Approx(40));
  CHECK(json.at_path("0/figures/0/tasks").items().size() == 2);
  CHECK(json.at_path("1/figures/0/counts/lose").integer_or(0) == 10);
  CHECK(json.at_path("1/order_disagreement/0").number_or(0) == 12);
  CHECK(read_evals(folder.path() / "elsewhere").empty());
}

TEST_CASE("stage names split into arm, verb and round") {
  CHECK(parse_stage_name("judge_2")->verb == "judge");
  CHECK(parse_stage_name("judge_2")->round == 2);
  CHECK(parse_stage_name("judge_2")->prefix.empty());
  CHECK(parse_stage_name("control/write_13")->prefix == "control/");
  CHECK(parse_stage_name("control/write_13")->round == 13);
  for (const char* other : {"seeds", "run", "", "/", "_", "judge_", "judge_x", "judge_2x", "judge_-1",
                            "a_b/seeds", "teach_heldout", "judge_99999999999"})
    CHECK_MESSAGE(!parse_stage_name(other).has_value(), other);
}

TEST_CASE("a folder without a run is not found") {
  TemporaryFolder folder;
  Result<RunView> view = read_run(folder.path() / "none", Detail::Figures);
  REQUIRE(!view.has_value());
  CHECK(view.error().code == ErrorCode::NotFound);
}

TEST_CASE("a finished run has both arms and shares round 0") {
  RunView view = view_of(kSmall);
  CHECK(view.state == RunState::Finished);
  CHECK(view.recipe == "lion");
  CHECK(view.practice_teacher);
  REQUIRE(view.main.rounds.size() == 3);
  REQUIRE(view.control.has_value());
  REQUIRE(view.control->rounds.size() == 3);
  CHECK(view.control->recipe == "imitation");
  CHECK(view.control->rounds[0].exact_all == view.main.rounds[0].exact_all);
  CHECK(!view.control->rounds[1].hard.has_value());
  CHECK(!view.main.rounds[0].win_rate.has_value());
  CHECK(*view.main.rounds[1].hard + *view.main.rounds[1].easy + *view.main.rounds[1].unjudged == 40);
}

TEST_CASE("teacher's answers add up over the rounds of an arm") {
  RunView view = view_of(kSmall);
  CHECK(view.main.rounds[0].answers == 40);
  CHECK(view.main.rounds[2].answers == 60);
  CHECK(view.control->rounds[2].answers == 60);
}

TEST_CASE("exact scores have Wilson's interval of the instructions behind them") {
  RunView view = view_of(kSmall);
  const RoundView& last = view.main.rounds.back();
  CHECK(*last.n == static_cast<int64_t>(last.kinds.size()) * 2);
  CHECK(*last.n_hard == static_cast<int64_t>(view.hard_kinds.size()) * 2);
  CHECK(exact_all(last)->low == wilson_interval_of_share(*last.exact_all, *last.n)->low);
  CHECK(exact_hard(last)->high > *last.exact_hard);
}

TEST_CASE("what does not exist yet is nothing, not zero") {
  SyntheticOptions options = kSmall;
  options.stages_max = 6;  // seeds, teach_0, imitate_0, evaluate_0, answer_1, judge_1
  RunView view = view_of(options);
  CHECK(view.state == RunState::Stopped);
  REQUIRE(view.main.rounds.size() == 2);
  CHECK(view.main.rounds[1].hard.has_value());
  CHECK(!view.main.rounds[1].exact_all.has_value());
  CHECK(!view.main.rounds[1].answers.has_value());
  REQUIRE(view.control.has_value());
  CHECK(view.control->rounds.size() == 1);
}

TEST_CASE("a run whose lock is held is running") {
  TemporaryFolder folder;
  SyntheticOptions options = kSmall;
  options.stages_max = 2;
  write_synthetic_run(folder.path(), options);
  CHECK(or_throw(read_run(folder.path(), Detail::Figures)).state == RunState::Stopped);
  std::unique_ptr<RunStore> writer = or_throw(RunStore::open(folder.path(), StoreMode::Write));
  CHECK(or_throw(read_run(folder.path(), Detail::Figures)).state == RunState::Running);
}

TEST_CASE("reading changes no byte of the database") {
  TemporaryFolder folder;
  write_synthetic_run(folder.path(), kSmall);
  std::string before = or_throw(read_file(folder.path() / "run.db"));
  or_throw(read_run(folder.path(), Detail::Evidence));
  CHECK(or_throw(read_file(folder.path() / "run.db")) == before);
}

TEST_CASE("the gaps and the sweep agree with the judge's own counts") {
  RunView view = view_of(kSmall);
  REQUIRE(view.evidence.gaps.size() == 2);
  for (const GapView& gaps : view.evidence.gaps) {
    const RoundView& round = view.main.rounds[static_cast<size_t>(gaps.round)];
    CHECK(static_cast<int64_t>(gaps.gaps.size()) == *round.hard + *round.easy);
    CHECK(gaps.unjudged == *round.unjudged);
    for (size_t i = 0; i < gaps.sweep.size(); ++i) {
      if (gaps.sweep[i].first == *gaps.threshold) CHECK(gaps.sweep[i].second == *round.hard);
      if (i > 0) CHECK(gaps.sweep[i].second <= gaps.sweep[i - 1].second);
    }
  }
}

TEST_CASE("pools count the rows of every stage that brings some") {
  RunView view = view_of(kSmall);
  REQUIRE(view.evidence.pools.size() == 5);
  CHECK(view.evidence.pools[0].rows == 40);
  CHECK(view.evidence.pools[1].origins.at("hard") == 5);
  CHECK(view.evidence.pools[4].arm == "imitation");
  for (const PoolView& pool : view.evidence.pools) {
    int64_t sum = 0;
    for (const auto& [kind, count] : pool.kinds) sum += count;
    CHECK(sum == pool.rows);
  }
}

TEST_CASE("samples come from the last judged round, widest gap first, with both answers and both verdicts") {
  RunView view = view_of(kSmall);
  const Evidence& evidence = view.evidence;
  REQUIRE(evidence.samples_round == 2);
  CHECK(evidence.samples_from == 50);
  REQUIRE(evidence.samples.size() >= 12);
  CHECK(evidence.samples.size() <= 14);
  for (size_t i = 0; i < evidence.samples.size(); ++i) {
    CHECK(evidence.samples[i].teacher.has_value());
    CHECK(evidence.samples[i].student.has_value());
    CHECK(evidence.samples[i].verdicts.size() == 2);
    if (i > 0 && evidence.samples[i].gap) CHECK(*evidence.samples[i].gap <= *evidence.samples[i - 1].gap);
  }
  CHECK(evidence.samples[0].gap == evidence.gaps[1].gaps.back());
  CHECK(evidence.samples[11].gap == evidence.gaps[1].gaps.front());
}

TEST_CASE("without a referee the samples are the latest instructions with the teacher's answers") {
  SyntheticOptions options = kSmall;
  options.stages_max = 4;
  RunView view = view_of(options);
  CHECK(!view.evidence.samples_round.has_value());
  REQUIRE(view.evidence.samples.size() == 12);
  CHECK(view.evidence.samples[0].teacher.has_value());
  CHECK(!view.evidence.samples[0].student.has_value());
}

TEST_CASE("the student one gets is the one with the lowest held-out loss") {
  RunView view = view_of(kSmall);
  REQUIRE(view.chosen.has_value());
  CHECK(view.chosen->round == 2);
  CHECK(view.chosen->why == "the lowest held-out loss");
}

TEST_CASE("the status as JSON has the promised shape") {
  Json status = status_json(view_of(kSmall, Detail::Figures));
  CHECK(status.at_path("state").string_or("") == "finished");
  CHECK(status.at_path("seconds").is_number());
  CHECK(status.at_path("recipe").string_or("") == "lion");
  REQUIRE(status.at_path("rounds").size() == 3);
  const Json& first = status.at_path("rounds/0");
  for (const char* name :
       {"round", "exact_all", "exact_hard", "win_rate", "heldout_loss", "hard", "easy", "unjudged"})
    CHECK_MESSAGE(first.find(name) != nullptr, name);
  CHECK(first.at_path("exact_all").is_number());
  CHECK(first.at_path("exact_pool").is_number());
  CHECK(status.at_path("hard_kinds").size() > 0);
  CHECK(status.at_path("hard_kinds/0").is_string());
  CHECK(first.at_path("win_rate").is_null());
  CHECK(first.at_path("hard").is_null());
  CHECK(status.at_path("rounds/1/hard").is_integer());
  CHECK(status.at_path("control/recipe").string_or("") == "imitation");
  CHECK(status.at_path("control/rounds").size() == 3);
  CHECK(status.at_path("calls/teacher/done").integer_or(0) == 5);
  for (const char* name : {"done", "failed", "unknown", "tokens_in", "tokens_out"})
    CHECK_MESSAGE(status.at_path(std::string("calls/referee/") + name).is_integer(), name);
  CHECK(status.at_path("rows/write_1/in").integer_or(0) == 13);
  CHECK(status.at_path("rows/write_1/dropped").integer_or(0) == 2);
  CHECK(status.at_path("rows/write_1/failed").integer_or(0) == 1);
  const Json* control_rows = status.at_path("rows").find("control/write_1");
  REQUIRE(control_rows != nullptr);
  CHECK(control_rows->at_path("ok").integer_or(0) == 10);
}

TEST_CASE("stages that overlap are counted once in the time of a run") {
  TemporaryFolder folder;
  FakeClock clock;
  {
    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write, clock));
    store->begin_stage("answer_1");
    clock.sleep_ms(1'000);
    store->begin_stage("judge_1");
    clock.sleep_ms(4'000);
    store->finish_stage("answer_1", {4, 4, 0, 0}, {});
    clock.sleep_ms(2'000);
    store->finish_stage("judge_1", {4, 4, 0, 0}, {});
    clock.sleep_ms(10'000);  // stopped
    store->begin_stage("write_1");
    clock.sleep_ms(3'000);
    store->finish_stage("write_1", {4, 4, 0, 0}, {});
  }
  CHECK(or_throw(read_run(folder.path(), Detail::Figures)).seconds == doctest::Approx(7 + 3));
}

TEST_CASE("a stopped run lists each call of unknown outcome, a running one has none yet") {
  TemporaryFolder folder;
  SyntheticOptions options = kSmall;
  options.stages_max = 5;
  write_synthetic_run(folder.path(), options);
  const std::string key = sha256_hex("lost");
  {
    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
    store->commit_calls(
        std::vector<CallEvent>{CallPlanned{key, "teacher", "teacher", 0, "{}"}, CallSent{key}});
    CHECK(or_throw(read_run(folder.path(), Detail::Figures)).unknown_calls.empty());
  }
  const RunView view = or_throw(read_run(folder.path(), Detail::Figures));
  REQUIRE(view.unknown_calls.size() == 1);
  CHECK(view.unknown_calls[0].key == key);
  CHECK(view.unknown_calls[0].role == "teacher");
  CHECK(status_json(view).at_path("unknown_calls/0/key").string_or("") == key);
}

TEST_CASE("the status tells what was spent, what may have been, and what an example cost") {
  TemporaryFolder folder;
  {
    auto store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
    auto key = [](int i) { return sha256_hex(std::to_string(i)); };
    std::vector<CallEvent> events;
    for (int i = 0; i < 3; ++i) events.push_back(CallPlanned{key(i), "teacher", "teacher", 0, "{}"});
    for (int i = 0; i < 3; ++i) events.push_back(CallSent{key(i), 500'000'000});
    events.push_back(CallDone{.key = key(0), .reply = "{}", .cost = 240'000'000});
    events.push_back(CallFailed{.key = key(1), .charge = CallFailed::Charge::Unknown});
    store->commit_calls(events);
    store->begin_stage("seeds");
    std::vector<Instruction> rows = {{.text = "a"}, {.text = "b"}};
    store->add_instructions("seeds", rows);
    const std::vector<StoredAnswer> answers = {{rows[0].id, {.text = "x"}}, {rows[1].id, {.text = "y"}}};
    store->add_teacher_answers("seeds", answers);
  }
  or_throw(write_file_atomic(folder.path() / "run.toml", "[budget]\nmoney = 5.0\ncurrency = \"EUR\"\n"));
  const RunView view = or_throw(read_run(folder.path(), Detail::Figures));
  REQUIRE(view.money.has_value());
  CHECK(money_line(*view.money) ==
        "0.24 EUR of 5.00 EUR spent, at most 0.50 EUR more on its way, at most 0.50 EUR of unknown outcome; "
        "0.12 EUR an example");
  const Json money = status_json(view).at_path("money");
  CHECK(money.at_path("spent").number_or(0) == 0.24);
  CHECK(money.at_path("cap").number_or(0) == 5.0);
  CHECK(money.at_path("per_example").number_or(0) == 0.12);
}

TEST_CASE("a run without prices has no money to tell of") {
  CHECK_FALSE(view_of(kSmall, Detail::Figures).money.has_value());
  CHECK(status_json(view_of(kSmall, Detail::Figures)).at_path("money").is_null());
}

TEST_CASE("every row of the status balances") {
  Json status = status_json(view_of(kSmall, Detail::Figures));
  CHECK(status.at_path("rows").size() > 15);
  for (const auto& [stage, row] : status.at_path("rows").members())
    CHECK_MESSAGE(row.at_path("in").integer_or(-1) == row.at_path("ok").integer_or(0) +
                                                          row.at_path("dropped").integer_or(0) +
                                                          row.at_path("failed").integer_or(0),
                  stage);
}

TEST_CASE("a run without a control says null") {
  SyntheticOptions options = kSmall;
  options.control = "";
  Json status = status_json(view_of(options, Detail::Figures));
  REQUIRE(status.find("control") != nullptr);
  CHECK(status.find("control")->is_null());
}

TEST_CASE("without exact scores the held-out loss remains") {
  SyntheticOptions options = kSmall;
  options.per_kind = 0;
  Json status = status_json(view_of(options, Detail::Figures));
  CHECK(status.at_path("rounds/0/exact_all").is_null());
  CHECK(status.at_path("rounds/0/heldout_loss").is_number());
  CHECK(status.at_path("rounds/1/win_rate").is_number());
}

TEST_CASE("a training's curve comes back as it was kept") {
  RunView view = view_of(kSmall);
  const std::vector<TrainPoint>& curve = view.main.rounds[0].training->curve;
  REQUIRE(curve.size() == 200);
  CHECK(curve.front().step == 1);
  CHECK(curve.back().step == 200);
  CHECK(curve.front().loss > curve.back().loss);
  CHECK(curve.back().tokens_per_second == doctest::Approx(9'400));
}

TEST_CASE("the tasks' pairs are all pairs that have scores") {
  RunView view = view_of(kSmall);
  for (const RoundView& round : view.main.rounds) {
    if (!round.hard) continue;
    int64_t pairs = 0;
    for (const TaskView& task : view.evidence.tasks)
      if (task.round == round.round) pairs += task.wins + task.ties + task.losses;
    CHECK(pairs == *round.hard + *round.easy);
  }
  REQUIRE(view.evidence.lengths.size() == 2);
  CHECK(view.evidence.lengths[0].pairs == 40);
  CHECK(view.evidence.lengths[1].pairs == 50);
}

TEST_CASE("every call belongs to one stage") {
  RunView view = view_of(kSmall);
  std::map<std::string, int64_t> done, tokens;
  for (const StageCalls& calls : view.evidence.calls) {
    done[calls.role] += calls.done;
    tokens[calls.role] += calls.tokens_in;
  }
  for (const auto& [role, totals] : view.calls) {
    CHECK(done[role] == totals.done);
    CHECK(tokens[role] == totals.tokens_in);
  }
}

}  // namespace
}  // namespace retort
