// TAPIR, Orca and TAPIR on Lion's loop by their sequence of facts: pool sizes, call accounts, the share of
// hard examples, and that a rerun asks nothing. A real chat, store and practice teacher; a fake student.
#include <cmath>
#include <set>

#include "data/task_label.h"
#include "recipe/small_run.h"

namespace retort {
namespace {

int64_t in_of(RunStore& store, const std::string& stage) { return store.stage(stage)->counts.in; }

// The round trains on alpha hard ones to the example, and on what is replayed beside them.
void check_share(RunStore& store, int round, double alpha) {
  const auto metrics = store.metrics(format("curriculum_{}", round));
  const double hard = metrics.at("hard_drawn"), all = hard + metrics.at("rest_drawn");
  CHECK(metrics.at("alpha") == doctest::Approx(alpha));
  CHECK(hard == std::floor(alpha * all + 0.5 + 1e-6));
  CHECK(hard <= metrics.at("hard_pool"));
  CHECK(all > 20);
  CHECK(in_of(store, format("imitate_{}", round)) == static_cast<int64_t>(all + metrics.at("replayed")));
}

}  // namespace

TEST_CASE("tapir has its pool sizes and call accounts, and its share of hard examples, exactly") {
  TemporaryFolder folder;
  auto store = store_of(small_run("tapir"), folder.path());
  CHECK(store->instruction_ids("write_1").size() == 30);
  CHECK(store->instruction_ids("write_2").size() == 30);
  CHECK(in_of(*store, "judge_1") == 120);
  CHECK(in_of(*store, "judge_2") == 150);
  check_share(*store, 1, 0.3);
  check_share(*store, 2, 0.5);
  auto totals = store->call_totals();
  int64_t rewrites = 0;
  for (const char* stage : {"rewrite_1", "rewrite_2"}) {
    CHECK(store->stage(stage)->counts.failed == 0);
    rewrites += in_of(*store, stage);
  }
  CHECK(rewrites > 30);
  CHECK(totals["rewriter"].done == rewrites);
  CHECK(totals["referee"].done == 2 * (120 + 150) + 2 * rewrites);
  CHECK(totals["teacher"].done == store->teacher_answer_count());
  CHECK_FALSE(totals.contains("classifier"));
}

TEST_CASE("what a sampled referee was not shown is drawn as what is not hard") {
  for (const char* recipe : {"tapir", "lion-tapir"}) {
    TemporaryFolder folder;
    RunFile file = small_run(recipe);
    file.recipe.judge_sample = 40;
    file.recipe.judge_prior = "disagreement";
    auto store = store_of(file, folder.path());
    INFO(recipe);
    CHECK(in_of(*store, "judge_1") == 40);
    const auto metrics = store->metrics("curriculum_1");
    CHECK(metrics.at("rest_pool") >= 120 - 40);
    CHECK(metrics.at("hard_pool") + metrics.at("rest_pool") <= 120 + 30);
    check_share(*store, 1, 0.3);
    check_share(*store, 2, 0.5);
  }
}

TEST_CASE("what tapir writes comes from hard seeds alone, and no seed brings more than its children") {
  TemporaryFolder folder;
  RunFile file = small_run("tapir");
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 60;
  file.tapir.children_max = 2;
  auto store = store_of(file, folder.path());
  std::map<int64_t, int> children;
  store->for_each_instruction("write_1", [&](const Instruction& i) {
    CHECK(i.origin == Origin::Hard);
    ++children[i.parent_id];
  });
  CHECK(children.size() >= 30);
  for (const auto& [seed, count] : children) CHECK(count <= 2);
}

TEST_CASE("a rewrite that the referee finds worse is discarded, and the teacher's first answer stays") {
  TemporaryFolder folder;
  RunFile file = small_run("tapir");
  file.recipe.rounds = 1;
  auto store = store_of(file, folder.path());
  const auto drops = store->drop_counts("rewrite_1");
  const int64_t worse =
      drops.contains("worse than the first answer") ? drops.at("worse than the first answer") : 0;
  CHECK(worse > 0);  // the practice referee is noisy, and both answers are right
  const StageCounts counts = store->stage("rewrite_1")->counts;
  CHECK(counts.ok > 0);
  const Ids kept = store->answered_ids("rewrite_1");
  CHECK(static_cast<int64_t>(kept.size()) == counts.ok);
  const auto first = store->teacher_answers(kept), rewritten = store->answers("rewrite_1", kept);
  for (int64_t id : kept) {
    CHECK(rewritten.at(id).text != first.at(id).text);
    CHECK(rewritten.at(id).text.ends_with("\n" + first.at(id).text));  // the working, then the same answer
  }
}

TEST_CASE("tapir without rewriting asks no rewriter, and always keeps what it is told to keep") {
  TemporaryFolder none, always;
  RunFile file = small_run("tapir");
  file.recipe.rounds = 1;
  file.tapir.rewrite = "none";
  CHECK_FALSE(store_of(file, none.path())->call_totals().contains("rewriter"));
  file.tapir.rewrite = "always";
  auto store = store_of(file, always.path());
  CHECK(store->call_totals()["referee"].done == 2 * 120);
  CHECK(store->stage("rewrite_1")->counts.ok == in_of(*store, "rewrite_1"));
}

TEST_CASE("written towards the mix, the pool comes nearer to the target shares, or keeps its own") {
  for (const std::string mix : {"target", "pool"}) {
    TemporaryFolder folder;
    RunFile file = small_run("tapir");
    file.tapir.mix = mix;
    file.recipe.rounds = 1;
    file.recipe.new_per_round = 200;
    file.tapir.rewrite = "none";
    file.tapir.children_max = 0;
    file.data.kinds = "classifier";
    auto store = store_of(file, folder.path());
    CHECK(store->call_totals()["classifier"].done == 120 + 200);
    KindCounts counts;
    const auto distance = [&] {
      const KindShares shares = target_shares(counts);
      double units = 0, all = 0, off = 0;
      for (const auto& [kind, share] : shares) units += double(share), all += double(counts[kind]);
      for (const auto& [kind, share] : shares)
        off += std::abs(double(counts[kind]) / all - double(share) / units);
      return off / 2;
    };
    store->for_each_instruction("seeds", [&](const Instruction& i) {
      CHECK_MESSAGE(find_task_label(i.kind) != nullptr, i.text);
      CHECK(i.kind_source == KindSource::Classifier);
      ++counts[i.kind];
    });
    const double before = distance();
    store->for_each_instruction("write_1", [&](const Instruction& i) { ++counts[i.kind]; });
    CHECK(before > 0.3);
    CHECK((distance() < before / 2) == (mix == "target"));
    CHECK(distance() < before * 1.1);
  }
}

TEST_CASE("a kind of which the classifier is not sure enough is none") {
  TemporaryFolder folder;
  RunFile file = small_run("imitation");
  file.recipe.rounds = 0;
  file.data.kinds = "classifier";
  file.data.kind_confidence = 0.96;  // the practice teacher is 95 % sure
  store_of(file, folder.path())->for_each_instruction("seeds", [&](const Instruction& i) {
    CHECK(i.kind.empty());
    CHECK(i.kind_source == KindSource::Unknown);
  });
}

TEST_CASE("lion-tapir writes half from hard and half from easy, and draws its rounds by alpha") {
  TemporaryFolder folder;
  auto store = store_of(small_run("lion-tapir"), folder.path());
  int64_t hard = 0;
  store->for_each_instruction("write_1",
                              [&](const Instruction& i) { hard += i.origin == Origin::Hard ? 1 : 0; });
  CHECK(hard == 15);
  store->for_each_instruction("seeds",
                              [&](const Instruction& i) { CHECK(i.kind_source == KindSource::Row); });
  store->for_each_instruction("write_1", [&](const Instruction& i) {
    const bool told = i.kind_source == KindSource::Practice || i.kind_source == KindSource::Parent;
    CHECK(told == !i.kind.empty());
  });
  CHECK(store->instruction_ids("write_2").size() == 30);
  CHECK(store->call_totals()["referee"].done == 2 * (120 + 150));
  check_share(*store, 1, 0.3);
  check_share(*store, 2, 0.5);
}

TEST_CASE(
    "orca explains every query once, a fifth of them again by the second teacher, and asks nothing plainly") {
  TemporaryFolder folder;
  RunFile file = small_run("orca");
  file.recipe.rounds = 1;
  file.orca.system_message = "erase";
  file.teacher_2.model = "another-teacher";
  auto store = store_of(file, folder.path());
  auto totals = store->call_totals();
  CHECK(totals["explainer"].done == 120 + 24);
  CHECK_FALSE(totals.contains("teacher"));
  CHECK(in_of(*store, "explain_1") == 24);
  CHECK(in_of(*store, "imitate_0") == 120);
  CHECK(in_of(*store, "imitate_1") == 24);
  int64_t second = 0;
  store->for_each_call(CallState::Done, [&](const CallRecord& call) {
    second += call.endpoint == "teacher_2" ? 1 : 0;
    if (call.endpoint == "teacher_2") CHECK(call.request.find("another-teacher") != std::string::npos);
  });
  CHECK(second == 24);
  // Every message of the sub-collection is used, and the same instruction has the same one in both stages.
  double drawn = 0;
  std::set<std::string> names;
  for (const auto& [name, count] : store->metrics("explain_0")) drawn += count, names.insert(name);
  CHECK(drawn == 120);
  CHECK(names == std::set<std::string>{"message/01", "message/02", "message/03", "message/05", "message/07"});
  // Some answers have their working and some are short, as the messages want.
  int64_t long_ones = 0;
  const Ids ids = store->answered_ids("explain_0");
  for (const auto& [id, answer] : store->answers("explain_0", ids))
    long_ones += answer.text.find('\n') != std::string::npos ? 1 : 0;
  CHECK(long_ones > 5);
  CHECK(long_ones < 60);
}

TEST_CASE("with one teacher the second stage asks nothing new") {
  TemporaryFolder folder;
  RunFile file = small_run("orca");
  file.recipe.rounds = 1;
  auto store = store_of(file, folder.path());
  CHECK(store->call_totals()["explainer"].done == 120);
  CHECK(in_of(*store, "imitate_1") == 24);
}

TEST_CASE("the student is trained with the system message, or without it where that is erased") {
  for (const char* choice : {"keep", "erase"}) {
    TemporaryFolder folder;
    RunFile file = small_run("orca");
    file.recipe.rounds = 0;
    file.orca.system_message = choice;
    auto store = store_of(file, folder.path());
    // The fake student counts what it understands: practice instructions with nothing before them.
    int64_t understood = 0;
    const Json seen = or_throw(read_json_file((folder.path() / "checkpoints/imitate_0/model.json").string()));
    for (const auto& [kind, count] : seen.members()) understood += count.integer_or(0);
    const auto empty = static_cast<int64_t>(store->metrics("explain_0").at("message/01"));
    CHECK(understood == (std::string_view(choice) == "erase" ? 120 : empty));
  }
}

TEST_CASE("orca's queries are drawn by the rule of their sub-collection") {
  TemporaryFolder folder;
  RunFile file = small_run("orca");
  file.recipe.rounds = 0;
  file.data.practice_rows = 0;
  std::string rows;
  const auto add = [&](const char* task, int count) {
    for (int i = 0; i < count; ++i)
      rows += format("{{\"instruction\": \"{} number {}\", \"kind\": \"{}\"}}\n", task, i, task);
  };
  add("cot.a", 12);
  add("niv2.big", 20);
  add("niv2.small", 3);
  add("flan.x", 30);
  add("t0.y", 30);
  or_throw(write_file_atomic(folder.path() / "rows.jsonl", rows));
  file.data.files = {(folder.path() / "rows.jsonl").string()};
  file.orca.niv2_per_task = 5;
  file.orca.flan2021 = 7;
  file.orca.t0 = 9;
  auto store = store_of(file, folder.path() / "run");
  std::map<std::string, int> tasks;
  for (const Instruction& i : store->instructions(store->answered_ids("explain_0"))) ++tasks[i.kind];
  CHECK(tasks == std::map<std::string, int>{
                     {"cot.a", 12}, {"niv2.big", 5}, {"niv2.small", 3}, {"flan.x", 7}, {"t0.y", 9}});
}

TEST_CASE("each of them, stopped wherever it opens its student and run again, ends with the same facts") {
  for (const char* recipe : {"tapir", "lion-tapir", "orca"}) {
    RunFile file = small_run(recipe);
    file.recipe.rounds = 1;
    file.data.practice_rows = 60;
    file.recipe.new_per_round = 15;
    TemporaryFolder whole, stopped;
    REQUIRE(run(file, whole.path(), fake_hooks()) == RunEnd::Finished);
    for (int stop = 1;; ++stop) {
      int opened = 0;
      RunHooks hooks = fake_hooks();
      hooks.open_student = [&](const Path& folder, const StudentOptions& options,
                               const StudentSampling& sampling) {
        if (++opened == 2) throw RunError(ErrorCode::Interrupted, "stopped");
        return FakeStudent::open_fake(folder, options, sampling);
      };
      bool finished = false;
      try {
        finished = run(file, stopped.path(), hooks) == RunEnd::Finished;
      } catch (const RunError&) {
      }
      REQUIRE(stop < 20);
      if (!finished) continue;
      CHECK(stop > 1);
      break;
    }
    CHECK_MESSAGE(facts_of(stopped.path()) == facts_of(whole.path()), recipe);
    const std::string before = or_throw(read_file(whole.path() / "run.db"));
    CHECK(run(file, whole.path(), fake_hooks()) == RunEnd::WasFinished);
    CHECK(or_throw(read_file(whole.path() / "run.db")) == before);
  }
}

}  // namespace retort
