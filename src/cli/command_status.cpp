// `retort status DIR [--json]` and `retort report DIR`: what there is to see of a run, while it works or
// after. They read, and write nothing into the store.
#include <cstdio>

#include "cli/command.h"
#include "serve/report.h"
#include "serve/run_view.h"
#include "serve/terminal.h"

namespace retort {

Command status_command() {
  static std::string folder;
  static bool json = false;
  return {.name = "status",
          .doc = "Show how a run stands",
          .flags = {{"dir", "the run folder", &folder, Flag::Need::Required},
                    {"--json", "one JSON object for scripts", &json}},
          .run = [] {
            const RunView view = or_throw(read_run(folder, Detail::Figures));
            const std::string text = json ? status_json(view).dump(2) + "\n" : status_text(view);
            std::fputs(text.c_str(), stdout);
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
