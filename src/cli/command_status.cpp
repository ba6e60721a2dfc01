// `retort status DIR [--json]` and `retort report DIR`: what there is to see of a run, while it works or
// after. They read, and write nothing into the store.
#include <cstdio>

#include "base/clock.h"
#include "base/stop.h"
#include "cli/command.h"
#include "cli/terminal_style.h"
#include "serve/report.h"
#include "serve/run_view.h"
#include "serve/terminal.h"

namespace retort {

namespace {

constexpr int64_t kLookMs = 1'000;

std::string status_as(const RunView& view, bool json, int indent) {
  return json ? status_json(view).dump(indent) + "\n" : status_text(view);
}

// On a terminal the page is drawn anew where it stands; elsewhere each change is told once. Until the run
// ends, or the user does.
int watch(const std::string& folder, bool json) {
  const bool redraws = is_terminal(STDOUT_FILENO) && !json;
  std::string shown;
  while (!stop_requested()) {
    const RunView view = or_throw(read_run(folder, Detail::Figures));
    const std::string text = status_as(view, json, 0);
    if (text != shown || redraws) {
      std::printf("%s%s", redraws ? "\x1b[H\x1b[2J" : shown.empty() || json ? "" : "\n", text.c_str());
      std::fflush(stdout);
      shown = text;
    }
    if (view.state != RunState::Running) break;
    system_clock().sleep_ms(kLookMs);
  }
  return 0;
}

}  // namespace

Command status_command() {
  static std::string folder;
  static bool json = false, watches = false;
  return {.name = "status",
          .doc = "Show how a run stands",
          .flags = {{"dir", "the run folder", &folder, Flag::Need::Required},
                    {"--json", "one JSON object for scripts", &json},
                    {"--watch", "go on until the run ends: drawn anew on a terminal, each change elsewhere",
                     &watches}},
          .run = [] {
            if (watches) return watch(folder, json);
            std::fputs(status_as(or_throw(read_run(folder, Detail::Figures)), json, 2).c_str(), stdout);
            return 0;
          }};
}

Command report_command() {
  static std::string folder, out;
  return {.name = "report",
          .doc = "Write the run's report, one HTML file",
          .flags = {{"dir", "the run folder", &folder, Flag::Need::Required},
                    {"--out", "where to write it (default: report.html in the run folder)", &out}},
          .run = [] {
            const Path path = out.empty() ? Path(folder) / "report.html" : Path(out);
            or_throw(
                write_file_atomic(path, or_throw(report_html(or_throw(read_run(folder, Detail::Evidence))))));
            std::printf("%s\n", path.c_str());
            return 0;
          }};
}

}  // namespace retort
