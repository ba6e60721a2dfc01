// What a run will ask, cost and take, before it is begun: pure functions of the run file, of what its seeds
// are like, and of what a call of each role is like (a pilot measured it, or a rule of thumb says so). The
// counts of calls follow the recipes stage by stage, as docs/paper.md lists them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/run_file.h"

namespace retort {

struct SeedFigures {
  int64_t rows = 0;                               // distinct
  int64_t answered = 0;                           // of these bring their own answer, which the run keeps
  double bytes = 0, words = 0, answer_bytes = 0;  // of a row, on average
};
SeedFigures look_at_seeds(const RunFile& file);

// One call of a role, on average.
struct CallFigures {
  double tokens_in = 0, tokens_out = 0;
  double latency_ms = 0;
};
struct Assumptions {
  CallFigures teacher, referee, generator, classifier, rewriter;
  double writer_calls_per_kept = 0;  // per instruction that all filters let in, comparisons included
  std::string source;                // where this comes from, for the reader
};
// The role of the calls that write instructions: "generator", or "evolver" of Evol-Instruct.
std::string writer_role(const RecipeSection& recipe);
// Its calls for each instruction, or list of them, that it is asked for: Evol-Instruct compares, too.
int64_t calls_per_order(const RecipeSection& recipe);
// Four bytes a token, and replies as long as the seeds' own answers are (or a third of tokens_max).
Assumptions rule_of_thumb(const RunFile& file, const SeedFigures& seeds);

struct PlanRow {
  std::string role, stage;
  double calls = 0, tokens_in = 0, tokens_out = 0;
  int64_t cost = 0;  // billionths; a batch API asks half of it
  double seconds = 0;
};
struct Plan {
  std::vector<PlanRow> rows;  // in the order of the run
  std::string source;
  PlanRow total() const;
};
Plan plan_run(const RunFile& file, const SeedFigures& seeds, const Assumptions& assumptions);
std::string plan_text(const RunFile& file, const Plan& plan);
Json plan_json(const RunFile& file, const Plan& plan);

}  // namespace retort
