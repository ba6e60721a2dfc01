// What tests of recipes share: a small run file of the practice world, a whole run of it with a fake student,
// and the law that every stage obeys.
#pragma once

#include <filesystem>
#include <memory>
#include <numeric>
#include <string>

#include "base/file.h"
#include "base/test.h"
#include "recipe/fake_student.h"
#include "recipe/run.h"

namespace retort {

inline RunFile small_run(const std::string& recipe = "lion") {
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.name = recipe;
  file.recipe.control.clear();
  file.recipe.rounds = 2;
  file.recipe.new_per_round = 30;
  file.data.practice_rows = 120;
  file.eval.practice_per_kind = 1;
  file.student.base = "/nowhere";
  return file;
}

inline RunHooks fake_hooks() {
  return {.open_student = FakeStudent::open_fake, .write_gguf = {}, .progress = {}, .say = {}};
}

// Every stage is finished, and in = ok + dropped + failed, each drop with its reason.
inline void check_balance(RunStore& store) {
  for (const StageRecord& stage : store.stages()) {
    const auto drops = store.drop_counts(stage.name);
    const int64_t left = std::accumulate(drops.begin(), drops.end(), int64_t{0},
                                         [](int64_t sum, const auto& d) { return sum + d.second; });
    CHECK_MESSAGE(stage.finished, stage.name);
    CHECK_MESSAGE(left == stage.counts.dropped + stage.counts.failed, stage.name);
    CHECK_MESSAGE(stage.counts.in == stage.counts.ok + left, stage.name);
  }
}

// What a run left, as one text: every row, count and metric that does not depend on the time, and the
// student.
inline std::string facts_of(const Path& folder) {
  auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  std::string facts;
  if (std::filesystem::exists(folder / "export" / "model.json"))
    facts = or_throw(read_file(folder / "export" / "model.json"));
  Ids ids;
  store->for_each_instruction("", [&](const Instruction& i) {
    ids.push_back(i.id);
    facts += format("{} {} {} {}\n", i.id, i.parent_id, i.kind, i.text);
  });
  for (const auto& [id, answer] : store->teacher_answers(ids)) facts += format("{} {}\n", id, answer.text);
  for (const StageRecord& stage : store->stages()) {
    facts += format("{} {} {}\n", stage.name, stage.counts.in, stage.counts.ok);
    for (const auto& [id, answer] : store->answers(stage.name, ids))
      facts += format("{} {}\n", id, answer.text);
    for (const Verdict& v : store->verdicts(stage.name))
      facts += format("{} {} {} {}\n", v.instruction_id, static_cast<int>(v.order),
                      v.teacher_score.value_or(0), v.student_score.value_or(0));
    for (const auto& [name, value] : store->metrics(stage.name)) facts += format("{} {}\n", name, value);
  }
  return facts;
}

// Runs the file to its end; what it left, balanced.
inline std::unique_ptr<RunStore> store_of(const RunFile& file, const Path& folder,
                                          const RunHooks& hooks = fake_hooks()) {
  or_throw(validate(file));
  REQUIRE(run(file, folder, hooks) == RunEnd::Finished);
  auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  check_balance(*store);
  return store;
}

}  // namespace retort
