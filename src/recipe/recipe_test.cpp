// The recipes by their sequence of facts: pool sizes and call accounts of specs/lion.md §9.4, and that a
// rerun asks nothing. A real chat, store and practice teacher; a fake student.
#include <fstream>

#include "practice/teacher.h"
#include "recipe/small_run.h"

namespace retort {
namespace {

std::unique_ptr<RunStore> read_store(const Path& folder) {
  return or_throw(RunStore::open(folder, StoreMode::Read));
}

std::string bytes_of(const Path& path) { return or_throw(read_file(path)); }

}  // namespace

TEST_CASE("a run has Lion's pool sizes and Lion's call accounts, exactly") {
  TemporaryFolder folder;
  const RunFile file = small_run();
  REQUIRE(run(file, folder.path(), fake_hooks()) == RunEnd::Finished);
  auto store = read_store(folder.path());
  const auto n0 = static_cast<int64_t>(store->instruction_ids("seeds").size());
  const int64_t n = 30;
  CHECK(n0 == 120);
  CHECK(static_cast<int64_t>(store->instruction_ids("write_1").size()) == n);
  CHECK(static_cast<int64_t>(store->instruction_ids("write_2").size()) == n);
  auto totals = store->call_totals();
  CHECK(totals["teacher"].done == n0 + 2 * n);
  CHECK(totals["referee"].done == 2 * (n0 + (n0 + n)));
  CHECK(totals["generator"].done >= 2 * n);
  CHECK(totals["teacher"].failed + totals["referee"].failed + totals["generator"].failed == 0);
  CHECK(store->stage("judge_1")->counts.in == n0);
  CHECK(store->stage("judge_2")->counts.in == n0 + n);
}

TEST_CASE("every finished stage balances, and half of the new instructions come from hard seeds") {
  TemporaryFolder folder;
  run(small_run(), folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  check_balance(*store);
  CHECK(store->stages().size() >= 14);
  int64_t hard = 0;
  store->for_each_instruction("write_1",
                              [&](const Instruction& i) { hard += i.origin == Origin::Hard ? 1 : 0; });
  CHECK(hard == 15);
}

TEST_CASE("running a finished run again makes no call and changes no byte") {
  TemporaryFolder folder;
  run(small_run(), folder.path(), fake_hooks());
  const std::string before = bytes_of(folder.path() / "run.db"), toml = bytes_of(folder.path() / "run.toml");
  CHECK(run(small_run(), folder.path(), fake_hooks()) == RunEnd::WasFinished);
  CHECK(bytes_of(folder.path() / "run.db") == before);
  CHECK(bytes_of(folder.path() / "run.toml") == toml);
}

TEST_CASE(
    "two runs of the same file end with the same instructions, verdicts and student, in whatever order "
    "replies come") {
  TemporaryFolder a, b;
  run(small_run(), a.path(), fake_hooks());
  RunFile one_by_one = small_run();
  for (EndpointSection* role : std::initializer_list<EndpointSection*>{
           &one_by_one.teacher, &one_by_one.referee, &one_by_one.generator})
    role->concurrency = 1;
  run(one_by_one, b.path(), fake_hooks());
  auto facts = [](const Path& folder) {
    std::string all;
    auto store = read_store(folder);
    store->for_each_instruction(
        "", [&](const Instruction& i) { all += format("{} {} {}\n", i.id, i.parent_id, i.text); });
    for (const Verdict& v : store->verdicts("judge_2"))
      all += format("{} {}\n", v.instruction_id, v.teacher_score.value_or(0) - v.student_score.value_or(0));
    return all + bytes_of(folder / "export" / "model.json");
  };
  CHECK(facts(a.path()) == facts(b.path()));
}

TEST_CASE("the threshold can be swept on stored verdicts, and fewer are hard the higher it is") {
  TemporaryFolder folder;
  run(small_run(), folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  std::map<int64_t, std::vector<Verdict>> by_id;
  for (const Verdict& v : store->verdicts("judge_1")) by_id[v.instruction_id].push_back(v);
  std::vector<SeedCandidate> candidates;
  for (const auto& [id, pair] : by_id) {
    REQUIRE(pair.size() == 2);
    candidates.push_back({.id = id, .kind = "", .gap = combine(id, pair[0], pair[1]).gap()});
  }
  const std::vector<double> thresholds = {-9, 0, 0.5, 1, 1.5, 2, 4, 9.5};
  const std::vector<int64_t> hard = sweep_thresholds(candidates, thresholds);
  CHECK(hard.front() == 120);
  CHECK(hard.back() == 0);
  for (size_t i = 1; i < hard.size(); ++i) CHECK(hard[i] <= hard[i - 1]);
  CHECK(store->metrics("judge_1")["hard"] == doctest::Approx(static_cast<double>(hard[4])));
}

TEST_CASE("the control has as many teacher answers and steps as the loop, and asks no referee") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.recipe.control = "imitation";
  run(file, folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  CHECK(store->instruction_ids("control/write_1").size() == store->instruction_ids("write_1").size());
  CHECK(store->stage("control/imitate_2")->note.find("steps")->integer_or(-1) ==
        store->stage("imitate_2")->note.find("steps")->integer_or(-2));
  CHECK_FALSE(store->stage("control/judge_1"));
  CHECK_FALSE(store->stage("control/imitate_0"));
}

TEST_CASE("a value that is frozen cannot change when a run goes on, an address can") {
  TemporaryFolder folder;
  run(small_run(), folder.path(), fake_hooks());
  RunFile other = small_run();
  other.teacher.concurrency = 8;
  CHECK(run(other, folder.path(), fake_hooks()) == RunEnd::WasFinished);
  CHECK(bytes_of(folder.path() / "run.toml").find("# changed") != std::string::npos);
  other.recipe.threshold = 2;
  CHECK_THROWS_WITH_AS(run(other, folder.path(), fake_hooks()), doctest::Contains("recipe.threshold"),
                       RunError);
}

TEST_CASE("an unchanged pair of answers keeps its verdict without a call, when the run file says so") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.recipe.reuse_verdicts = true;
  run(file, folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  CHECK(store->verdicts("judge_2").size() == 300);
  CHECK(store->call_totals()["referee"].done < 540);
}

TEST_CASE("without the order swap the referee is asked once a pair, the teacher's answer first") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.recipe.rounds = 1;
  file.recipe.order_swap = false;
  run(file, folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  const std::vector<Verdict> verdicts = store->verdicts("judge_1");
  CHECK(verdicts.size() == 120);
  for (const Verdict& verdict : verdicts) CHECK(verdict.order == Order::TeacherFirst);
  CHECK_FALSE(store->metrics("judge_1").contains("order_disagreement"));
}

TEST_CASE("a referee whose replies cannot be read leaves all unjudged, and the round goes on") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.recipe.rounds = 1;
  file.referee.tokens_max = 3;  // every reply is cut before its scores
  CHECK(run(file, folder.path(), fake_hooks()) == RunEnd::Finished);
  auto store = read_store(folder.path());
  CHECK(store->metrics("judge_1")["unjudged"] == 120);
  for (const Verdict& verdict : store->verdicts("judge_1")) CHECK_FALSE(verdict.teacher_score);
  CHECK(store->instruction_ids("write_1").size() == 30);
}

TEST_CASE(
    "votes by the student's loss ask no referee, write probes first, and have as many answers as imitation") {
  for (const char* rule : {"vote_loss", "vote_likelihood", "vote_progress"}) {
    TemporaryFolder folder;
    RunFile file = small_run();
    file.recipe.name = "votes";
    file.recipe.selection = rule;
    run(file, folder.path(), fake_hooks());
    auto store = read_store(folder.path());
    CHECK(store->instruction_ids("probe_2").size() == 15);
    CHECK(store->instruction_ids("write_2").size() == 15);
    CHECK(store->stage("measure_2")->counts.in == 15);
    auto totals = store->call_totals();
    CHECK(totals["teacher"].done == 120 + 2 * 30);
    CHECK_FALSE(totals.contains("referee"));
  }
}

TEST_CASE("votes by verdicts judge the probes in both orders, or the cache pool where there are none") {
  for (double probes : {0.5, 0.0}) {
    TemporaryFolder folder;
    RunFile file = small_run();
    file.recipe.name = "votes";
    file.recipe.selection = "vote_pass_rate";
    file.recipe.probe_share = probes;
    run(file, folder.path(), fake_hooks());
    auto store = read_store(folder.path());
    CHECK(store->call_totals()["referee"].done == (probes > 0 ? 2 * (15 + 15) : 2 * (120 + 150)));
    CHECK(store->instruction_ids("write_1").size() == (probes > 0 ? 15 : 30));
  }
}

TEST_CASE("a kind that the student cannot do gets most of the votes by loss") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.recipe.name = "votes";
  file.recipe.selection = "vote_loss";
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 200;
  run(file, folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  // The fake student's loss is 1 on what it has seen less than five times, and 0 on the rest.
  const std::map<std::string, double> losses = store->metrics("measure_1");
  int64_t known = 0, unknown = 0;
  store->for_each_instruction("write_1", [&](const Instruction& i) {
    const auto loss = losses.find("loss/" + i.kind);
    if (loss != losses.end()) ++(loss->second > 0 ? unknown : known);
  });
  CHECK(unknown > 60);
  CHECK(known < 5);
}

TEST_CASE("replayed by kind, the most common kind comes back less often") {
  std::map<bool, int64_t> most_seen;
  for (bool per_kind : {false, true}) {
    TemporaryFolder folder;
    RunFile file = small_run();
    file.recipe.name = "imitation";
    file.recipe.rounds = 1;
    file.recipe.new_per_round = 60;
    file.recipe.replay_per_kind = per_kind;
    run(file, folder.path(), fake_hooks());
    CHECK(read_store(folder.path())->stage("imitate_1")->counts.in == 120);
    const Json seen = or_throw(read_json_file((folder.path() / "checkpoints/imitate_1/model.json").string()));
    for (const auto& [kind, count] : seen.members())
      most_seen[per_kind] = std::max(most_seen[per_kind], count.integer_or(0));
  }
  CHECK(most_seen[true] < most_seen[false]);
}

TEST_CASE("a teacher's answer that was cut is kept as such, and neither trained on nor judged") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.teacher.tokens_max = 1;
  file.recipe.rounds = 1;
  run(file, folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  const Ids seeds = store->instruction_ids("seeds");
  int64_t cut = 0;
  for (const auto& [id, answer] : store->teacher_answers(seeds)) cut += answer.is_cut() ? 1 : 0;
  CHECK(cut > 0);
  CHECK(cut < static_cast<int64_t>(seeds.size()));
  CHECK(store->stage("teach_0")->counts.failed == 0);
  CHECK(store->drop_counts("imitate_0")["teacher's answer was cut"] == cut);
  CHECK(store->drop_counts("judge_1")["teacher's answer was cut"] == cut);
  CHECK(store->verdicts("judge_1").size() == 2 * (seeds.size() - static_cast<size_t>(cut)));
}

TEST_CASE("balanced writes rare kinds as often as common ones") {
  TemporaryFolder folder;
  RunFile file = small_run();
  file.recipe.name = "balanced";
  file.recipe.new_per_round = 200;
  file.recipe.rounds = 1;
  run(file, folder.path(), fake_hooks());
  auto store = read_store(folder.path());
  auto most_common_share = [&](std::string_view stage) {
    std::map<std::string, double> kinds;
    double all = 0, most = 0;
    store->for_each_instruction(stage, [&](const Instruction& i) { ++kinds[i.kind], ++all; });
    for (const auto& [kind, count] : kinds) most = std::max(most, count);
    return most / all;
  };
  CHECK(most_common_share("write_1") < 0.6 * most_common_share("seeds"));
}

}  // namespace retort
