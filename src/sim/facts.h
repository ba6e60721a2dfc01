// What two runs of one file must agree on, and what a run's store must keep of its promises, whatever
// happened on the way.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "recipe/run_file.h"
#include "sim/world.h"
#include "store/run_store.h"

namespace retort::sim {

// Every row, metric and student of a finished run, a line each; no times, no attempts.
std::string facts_of(RunStore& store, const Path& folder);
// The first line in which two such texts differ; empty where they are equal.
std::string first_difference(const std::string& wanted, const std::string& got);

// What is wrong, a line each.
std::vector<std::string> lost_replies(RunStore& store, const World& world);
std::vector<std::string> wrong_accounts(RunStore& store, const World& world);
std::vector<std::string> unsound(RunStore& store);
// No written instruction is a near duplicate of its pool by ROUGE-L of every pair, and each that was refused
// is.
std::vector<std::string> wrong_novelty(RunStore& store, const RunFile& file);
// Where the key is found though it may be nowhere.
std::vector<std::string> told_secrets(RunStore& store, const World& world, const std::string& log);

}  // namespace retort::sim
