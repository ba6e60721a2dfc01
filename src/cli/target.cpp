#include "cli/target.h"

#include "base/json.h"
#include "recipe/hub.h"
#include "store/run_store.h"

namespace retort {
namespace {

bool holds_model(const Path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / "config.json", error);
}

}  // namespace

std::vector<std::string> checkpoints_of(const Path& run) {
  std::vector<std::string> names;
  for (const char* arm : {"", "control/"}) {
    // A control begins after round 0, which is the main arm's.
    for (int round = *arm == 0 ? 0 : 1;; ++round) {
      const std::string name = format("{}imitate_{}", arm, round);
      std::error_code error;
      if (!std::filesystem::exists(run / "checkpoints" / name, error)) break;
      if (holds_model(run / "checkpoints" / name)) names.push_back(name);
    }
  }
  return names;
}

bool is_run_folder(const Path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / "run.db", error);
}

std::optional<Path> finished_student(const Path& run) {
  const auto store = or_throw(RunStore::open(run, StoreMode::Read));
  const std::optional<StageRecord> stage = store->stage("export");
  if (!stage || !stage->finished) return std::nullopt;
  const Path checkpoint =
      run / "checkpoints" / format("imitate_{}", stage->note.at_path("round").integer_or(0));
  return holds_model(checkpoint) ? checkpoint : run / "export";
}

Target open_target(const std::string& text) {
  const std::string name = std::filesystem::absolute(text).lexically_normal().filename().string();
  const std::string called =
      name.empty() ? std::filesystem::absolute(text).lexically_normal().parent_path().filename().string()
                   : name;
  if (!is_run_folder(text)) return {or_throw(resolve_model(text)), std::nullopt, called};
  if (const std::optional<Path> finished = finished_student(text)) return {*finished, Path(text), called};
  Path last;
  for (const std::string& name : checkpoints_of(text))
    if (!name.starts_with("control/")) last = Path(text) / "checkpoints" / name;
  return {last, Path(text), called};
}

}  // namespace retort
