#include "cli/eval_questions.h"

#include <algorithm>
#include <cstdio>

#include "base/format.h"
#include "data/rows.h"
#include "eval/contamination.h"
#include "practice/world.h"
#include "store/run_store.h"

namespace retort {
namespace {

void look_at_run(const Path& folder, ContaminationIndex& index) {
  const auto store = or_throw(RunStore::open(folder, StoreMode::Read));
  store->for_each_instruction("", [&](const Instruction& instruction) { index.look_at(instruction.text); });
}

}  // namespace

std::vector<EvalQuestion> practice_questions(int64_t per_kind, uint64_t seed) {
  std::vector<EvalQuestion> questions;
  for (const practice::Item& item : practice::held_out_items(static_cast<int>(per_kind), seed))
    questions.push_back({.id = format("practice/{}", questions.size()),
                         .task = practice::kind_name(item.skill, item.level),
                         .turns = {item.text},
                         .gold = item.answer});
  return questions;
}

std::vector<EvalQuestion> spread(std::vector<EvalQuestion> questions, int64_t limit) {
  const size_t count =
      limit <= 0 ? questions.size() : std::min<size_t>(questions.size(), static_cast<size_t>(limit));
  std::vector<EvalQuestion> some;
  for (size_t i = 0; i < count; ++i) some.push_back(std::move(questions[i * questions.size() / count]));
  return some;
}

Json contamination_of(const std::vector<EvalQuestion>& questions, const std::vector<std::string>& train,
                      const Path& run) {
  if (train.empty() && run.empty()) return {};
  ContaminationIndex index(questions);
  for (const std::string& file : train)
    or_throw(read_rows(
        file, [&](const DataRow& row) { index.look_at(row.instruction, row.output); },
        [](const BadRow& bad) { std::fprintf(stderr, "retort: %s\n", bad.message.c_str()); }));
  if (!run.empty()) look_at_run(run, index);
  Json exact = Json::array(), overlap = Json::array();
  for (const std::string& id : index.exact_questions()) exact.push(id);
  for (const std::string& id : index.overlap_questions()) overlap.push(id);
  Json json = Json::object().set("rows", index.rows()).set("exact_rows", index.exact_rows());
  json.set("overlap_rows", index.overlap_rows());
  return json.set("exact_questions", std::move(exact)).set("overlap_questions", std::move(overlap));
}

}  // namespace retort
