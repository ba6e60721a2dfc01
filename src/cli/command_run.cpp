// `retort run FILE [--dir DIR]` and `retort demo`: starts a run, or goes on with it.
#include <cstdio>

#include "cli/command.h"
#include "cli/progress.h"
#include "recipe/run.h"
#include "serve/live_file.h"
#include "serve/report.h"
#include "serve/run_view.h"
#include "serve/terminal.h"
#include "student/export.h"

namespace retort {
namespace {

std::unique_ptr<Student> open_real_student(const Path& folder, const StudentOptions& options,
                                           const StudentSampling& sampling) {
  std::unique_ptr<Student> student = or_throw(Student::open(folder, options));
  student->sampling() = sampling;
  return student;
}

std::unique_ptr<ResponseScorer> open_real_scorer(const Path& folder, const StudentOptions& options) {
  return or_throw(ResponseScorer::open(folder, options));
}

void write_gguf(const Path& folder, const std::string& type, const Path& out) {
  const std::string name =
      folder.parent_path().parent_path().filename().string();  // RUN/checkpoints/imitate_N
  or_throw(export_model(folder, {.format = "gguf", .type = type, .out = out, .name = name}));
}

// A program without its page has distilled all the same: it says what is missing, and ends well.
void write_report(const RunView& view, const Path& path, ProgressLine& line) {
  const Result<std::string> html = report_html(view);
  if (!html) return line.say("no report: " + html.error().message);
  or_throw(write_file_atomic(path, *html));
}

int run_command_line(const std::string& file, std::string folder) {
  const Path path(file);
  if (folder.empty()) folder = (Path("runs") / path.stem()).string();
  return run_and_report(or_throw(load_run_file(path)), folder);
}

int demo(const std::string& folder, int64_t seed) {
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.preset = "demo";
  file.recipe.seed = file.practice.seed = static_cast<uint64_t>(seed);
  return run_and_report(file, folder);
}

}  // namespace

int run_and_report(const RunFile& file, const Path& folder) {
  ProgressLine line;
  LiveFile live(folder);
  RunHooks hooks{.open_student = open_real_student,
                 .write_gguf = write_gguf,
                 .progress =
                     [&](const StageProgress& p) {
                       line.show(p);
                       live.tell(p.stage, p.done, p.all, p.detail);
                     },
                 .say = [&](const std::string& text) { line.say(text); },
                 .open_scorer = open_real_scorer};
  const RunEnd end = run(file, folder, hooks);
  const RunView view = or_throw(read_run(folder, Detail::Evidence));
  const Path report = folder / "report.html";
  if (end == RunEnd::Finished || !std::filesystem::exists(report)) write_report(view, report, line);
  if (end == RunEnd::WasFinished) line.say("this run is finished; nothing was asked or changed");
  std::fputs(rounds_table(view).c_str(), stdout);
  const std::string which =
      view.chosen ? format(" (round {}, {})", view.chosen->round, view.chosen->why) : std::string();
  std::printf("model   %s%s\n", (folder / "export").c_str(), which.c_str());
  if (std::filesystem::exists(report)) std::printf("report  %s\n", report.c_str());
  return 0;
}

Command run_command() {
  static std::string file, folder;
  return {.name = "run",
          .doc = "Start a run from a run file, or go on with it",
          .flags = {{"file", "the run file (TOML); `retort init` writes one", &file, Flag::Need::Required},
                    {"--dir", "the run folder (default: runs/<name of the file>)", &folder}},
          .run = [] { return run_command_line(file, folder); }};
}

Command demo_command() {
  static std::string folder = "runs/demo";
  static int64_t seed = 1;
  return {.name = "demo",
          .doc = "Distil the practice teacher with the Lion loop, plain imitation beside it",
          .flags = {{"--dir", "the run folder (default: runs/demo)", &folder},
                    {"--seed", "another world and other draws", &seed}},
          .run = [] { return demo(folder, seed); }};
}

}  // namespace retort
