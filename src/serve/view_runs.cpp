#include "serve/view_runs.h"

#include <algorithm>

#include "serve/run_view.h"

namespace retort {
namespace {

constexpr size_t kRunsMax = 60;

Json named(const Path& folder) { return Json::object().set("name", folder.filename().string()); }

Json run_json(const Path& folder) {
  Result<RunView> view = read_run(folder, Detail::Figures);
  if (!view) return named(folder).set("error", view.error().message);
  // Out of the status, which has the rounds of both arms already.
  const Json status = status_json(*view);
  Json arms = Json::array();
  arms.push(Json::object().set("name", view->recipe).set("rounds", status.at_path("rounds")));
  if (view->control)
    arms.push(
        Json::object().set("name", view->control->recipe).set("rounds", status.at_path("control/rounds")));
  int64_t calls = 0;
  for (const auto& [role, totals] : view->calls) calls += totals.done;
  return named(folder)
      .set("recipe", view->recipe)
      .set("state", run_state_name(view->state))
      .set("teacher_model", view->teacher_model)
      .set("seconds", view->seconds)
      .set("calls", calls)
      .set("money", status.at_path("money"))
      .set("arms", std::move(arms));
}

}  // namespace

Json runs_beside(const Path& folder) {
  std::error_code error;
  const Path self = std::filesystem::canonical(folder, error);
  std::vector<Path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(self.parent_path(), error))
    if (entry.path() != self && std::filesystem::exists(entry.path() / "run.db", error))
      folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  if (folders.size() >= kRunsMax) folders.resize(kRunsMax - 1);
  folders.insert(std::lower_bound(folders.begin(), folders.end(), self), self);
  Json runs = Json::array();
  for (const Path& run : folders) runs.push(run_json(run));
  return runs;
}

}  // namespace retort
