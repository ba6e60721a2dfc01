// `retort doctor [PATH]`: looks at this installation and, when a run file is named, for what would stop or
// spoil its run; when a run folder is named, at every page of its store. One line a finding; exit 0 when all
// is well.
#include <sys/statvfs.h>

#include <cstdio>
#include <thread>

#include "cli/command.h"
#include "cli/run_file_checks.h"
#include "practice/base.h"
#include "recipe/frozen.h"
#include "roles/prompt.h"
#include "store/run_store.h"

namespace retort {
namespace {

class Findings {
 public:
  void good(const std::string& what) { std::printf("ok    %s\n", what.c_str()); }
  void look(const std::string& what) { std::printf("look  %s\n", what.c_str()); }
  void bad(ErrorCode code, const std::string& what) {
    std::printf("FAULT %s\n", what.c_str());
    if (code_ == 0) code_ = exit_code(code);
  }
  template <class T>
  bool check(const Result<T>& result, const std::string& what) {
    if (result)
      good(what);
    else
      bad(result.error().code, result.error().message);
    return result.has_value();
  }
  int code() const { return code_; }

 private:
  int code_ = 0;
};

void look_at_installation(Findings& findings) {
  findings.good(format("{} processor cores", std::thread::hardware_concurrency()));
  const Result<Path> base = practice::practice_base_folder();
  findings.check(base, format("the practice base is in {}", base ? base->string() : ""));
  for (const char* name : {"teacher", "referee", "generate_hard", "generate_easy"})
    findings.check(Prompt::named(name), format("prompt {}", name));
}

void look_at_run(const Path& folder, Findings& findings) {
  findings.check(load_frozen(folder), "run.toml is readable and valid");
  Result<std::unique_ptr<RunStore>> store = RunStore::open(folder, StoreMode::Read);
  if (!findings.check(store, "run.db opens")) return;
  const std::vector<std::string> faults = (*store)->full_check();
  for (const std::string& fault : faults) findings.bad(ErrorCode::Malformed, "run.db: " + fault);
  if (faults.empty())
    findings.good(format("run.db: every page checked, SQLite {}", (*store)->sqlite_version()));
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) == 0) {
    const double gigabytes = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) / 1e9;
    if (gigabytes < 0.5)
      findings.bad(ErrorCode::DiskFull,
                   format("only {:.2f} GB are free beside the run; free some space", gigabytes));
    else
      findings.good(format("{:.0f} GB free", gigabytes));
  }
}

void look_at_run_file(const Path& path, Findings& findings) {
  const Result<RunFile> file = load_run_file(path);
  if (!findings.check(file, path.string() + " is readable and valid")) return;
  const std::unique_ptr<HttpTransport> transport = make_curl_transport(1);
  check_run_file(*file, Path("runs") / path.stem(), *transport, [&](const Finding& finding) {
    if (finding.kind == Finding::Kind::Good) return findings.good(finding.text);
    if (finding.kind == Finding::Kind::Look) return findings.look(finding.text);
    findings.bad(finding.code, finding.text);
  });
}

}  // namespace

Command doctor_command() {
  static std::string path;
  return {.name = "doctor",
          .doc =
              "Check this installation and, if named, a run file before its run, or a run folder to the last "
              "page",
          .flags = {{"path", "a run file or a run folder", &path}},
          .run = [] {
            Findings findings;
            look_at_installation(findings);
            if (path.empty()) return findings.code();
            if (std::filesystem::is_regular_file(path) || Path(path).extension() == ".toml")
              look_at_run_file(path, findings);
            else
              look_at_run(path, findings);
            return findings.code();
          }};
}

}  // namespace retort
