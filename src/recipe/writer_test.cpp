// The writers of new instructions, as recipes of their own and in others, by their sequence of facts. A real
// chat, store and practice teacher; a fake student.
#include "recipe/small_run.h"

namespace retort {
namespace {

RunFile writing_run(const std::string& recipe, const std::string& writer) {
  RunFile file = small_run(recipe);
  file.recipe.writer = writer;
  return file;
}

std::vector<Instruction> written(RunStore& store, const std::string& stage) {
  std::vector<Instruction> all;
  store.for_each_instruction(stage, [&](const Instruction& i) { all.push_back(i); });
  return all;
}

}  // namespace

TEST_CASE("self-instruct writes lists, eight a call, from human samples, and asks no referee") {
  TemporaryFolder folder;
  auto store = store_of(small_run("self-instruct"), folder.path());
  const Ids seeds = store->instruction_ids("seeds");
  for (const char* stage : {"write_1", "write_2"}) {
    const auto all = written(*store, stage);
    CHECK(all.size() == 30);
    std::set<std::string> calls;
    for (const Instruction& i : all) {
      CHECK(std::find(seeds.begin(), seeds.end(), i.parent_id) != seeds.end());
      calls.insert(i.call_key);
    }
    CHECK(calls.size() < 12);
    CHECK(store->stage(stage)->counts.in >= 30);
  }
  auto totals = store->call_totals();
  CHECK_FALSE(totals.contains("referee"));
  CHECK(totals["generator"].done < 30);
  CHECK(totals["teacher"].done == store->teacher_answer_count());
}

TEST_CASE("alpaca's lists bring their answers, and the teacher is not asked for those") {
  TemporaryFolder folder;
  auto store = store_of(writing_run("self-instruct", "alpaca"), folder.path());
  const Ids fresh = store->instruction_ids("write_1");
  REQUIRE(fresh.size() == 30);
  for (const auto& [id, answer] : store->teacher_answers(fresh)) {
    const Instruction instruction = store->instructions(std::vector{id})[0];
    CHECK(answer.call_key == instruction.call_key);
    if (const auto item = practice::understand(instruction.text)) CHECK(answer.text == item->answer);
  }
  CHECK(store->teacher_answers(fresh).size() == 30);
  CHECK(store->call_totals()["teacher"].done == store->teacher_answer_count() - 60);
}

TEST_CASE("evol-instruct evolves what evolved before, compares each draft, and eliminates by its rules") {
  TemporaryFolder folder;
  RunFile file = small_run("evol-instruct");
  file.recipe.new_per_round = 60;
  file.practice.duplicate_share = 0.3;
  auto store = store_of(file, folder.path());
  const auto first = written(*store, "write_1"), second = written(*store, "write_2");
  CHECK(first.size() == 60);
  // A parent that has evolved is evolved no further; its child is.
  std::set<int64_t> eliminated, parents, children;
  for (const Drop& drop : store->drops("eliminate_1")) eliminated.insert(drop.instruction_id);
  for (const Instruction& i : first)
    if (!eliminated.contains(i.id)) parents.insert(i.parent_id), children.insert(i.id);
  int grandchildren = 0;
  for (const Instruction& i : second) {
    CHECK_FALSE(parents.contains(i.parent_id));
    grandchildren += children.contains(i.parent_id) ? 1 : 0;
  }
  CHECK(grandchildren > 0);
  const auto drops = store->drop_counts("write_1");
  CHECK(drops.contains("unchanged"));
  CHECK(drops.contains("asks for no more than its seed"));
  CHECK(store->stage("eliminate_1")->counts.in == 60);
  CHECK(store->call_totals()["evolver"].done > 2 * 120);
  CHECK_FALSE(store->call_totals().contains("generator"));
}

TEST_CASE("an instruction whose answer is an apology is eliminated, and never trained on or evolved") {
  TemporaryFolder folder;
  RunFile file = small_run("evol-instruct");
  std::string rows;
  for (int i = 0; i < 60; ++i) rows += format("{{\"instruction\": \"Recite my poem number {} twice\"}}\n", i);
  or_throw(write_file_atomic(folder.path() / "rows.jsonl", rows));
  file.data.files = {(folder.path() / "rows.jsonl").string()};
  file.data.practice_rows = 60;
  // The practice evolver replies to such a seed that it does not know it, which its teacher is sorry about.
  auto store = store_of(file, folder.path() / "run");
  Ids sorry;
  for (const Drop& drop : store->drops("eliminate_1"))
    if (drop.reason == "the teacher is sorry") sorry.push_back(drop.instruction_id);
  REQUIRE(sorry.size() == 1);
  for (const Instruction& i : written(*store, "write_2")) CHECK(i.parent_id != sorry[0]);
  CHECK(store->stage("imitate_1")->counts.in == 2 * store->stage("eliminate_1")->counts.ok);
}

TEST_CASE("lion with evol-instruct's writer deepens hard seeds and broadens easy ones") {
  TemporaryFolder folder;
  auto store = store_of(writing_run("lion", "evol-instruct"), folder.path());
  int hard = 0, easy = 0;
  for (const Instruction& i : written(*store, "write_1")) {
    const Instruction parent = store->instructions(std::vector{i.parent_id})[0];
    hard += i.origin == Origin::Hard ? 1 : 0;
    easy += i.origin == Origin::Easy ? 1 : 0;
    const auto child = practice::understand(i.text), seed = practice::understand(parent.text);
    if (i.origin == Origin::Hard && child && seed) {
      CHECK(child->skill == seed->skill);
      CHECK(child->level >= seed->level);
    }
  }
  CHECK(hard == 15);
  CHECK(easy == 15);
  CHECK(store->call_totals()["referee"].done > 0);
}

TEST_CASE("tapir and balanced write lists where they are told to") {
  for (const char* recipe : {"tapir", "balanced"}) {
    TemporaryFolder folder;
    RunFile file = writing_run(recipe, "self-instruct");
    file.recipe.rounds = 1;
    file.tapir.rewrite = "none";
    auto store = store_of(file, folder.path());
    CHECK(store->instruction_ids("write_1").size() == 30);
    CHECK(store->call_totals()["generator"].done < 40);
  }
}

}  // namespace retort
