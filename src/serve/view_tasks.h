// What the referee's verdicts say task by task, how long the answers were, and which calls each stage made:
// one pass each over the store's rows, straight from its tables.
#pragma once

#include <vector>

#include "serve/run_view.h"
#include "store/sqlite.h"

namespace retort {

// `stage` is a judge's ("judge_2"). One entry a task, by name.
std::vector<TaskView> read_tasks(Database& database, const std::string& stage, int round);
// Of the instructions that the student answered in "answer_r" and the teacher too; nothing without any.
std::optional<LengthView> read_lengths(Database& database, int round);
// In the order of the stages, then by role. Calls later than all finished ones are of the newest.
std::vector<StageCalls> read_stage_calls(Database& database, const std::vector<StageRecord>& stages);

}  // namespace retort
