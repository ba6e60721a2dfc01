// `retort plan FILE`: what the run would ask, cost and take, per role and stage.
#include <cstdio>

#include "cli/command.h"
#include "recipe/pilot.h"

namespace retort {
namespace {

struct PlanOptions {
  std::string file, folder;
  int64_t pilot = 0;
  bool json = false;
};

Assumptions assumptions_of(const RunFile& file, const SeedFigures& seeds, const PlanOptions& options) {
  if (options.pilot <= 0) return rule_of_thumb(file, seeds);
  const Path folder =
      options.folder.empty() ? Path("runs") / Path(options.file).stem() : Path(options.folder);
  auto store = or_throw(RunStore::open(folder, StoreMode::Write));
  Endpoints endpoints(file, *store,
                      [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); });
  return run_pilot(file, endpoints, *store, options.pilot);
}

int plan(const PlanOptions& options) {
  const RunFile file = or_throw(load_run_file(options.file));
  const SeedFigures seeds = look_at_seeds(file);
  const Plan plan = plan_run(file, seeds, assumptions_of(file, seeds, options));
  const std::string text = options.json ? plan_json(file, plan).dump(2) + "\n" : plan_text(file, plan);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

Command plan_command() {
  static PlanOptions options;
  return {
      .name = "plan",
      .doc = "Show what a run would ask, cost and take, before it is begun",
      .flags = {{"file", "the run file", &options.file, Flag::Need::Required},
                {"--pilot", "measure with so many calls a role (they cost); 0: a rule of thumb",
                 &options.pilot},
                {"--dir", "the run folder that keeps the pilot's calls (default: runs/<name of the file>)",
                 &options.folder},
                {"--json", "one JSON object for scripts", &options.json}},
      .run = [] { return plan(options); }};
}

}  // namespace retort
