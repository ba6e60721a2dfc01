// Serves the dashboard of a run folder and nothing else, for tests in a browser: prints its address, ends
// with its standard input. --write N first makes a run of N seeds with made-up figures there, --hostile 1
// with hostile_texts.h in every place that a model, an API or a file can write to, --stages N as if it was
// killed then; --slow MS makes it while the dashboard is served, so much time a stage. --report FILE writes
// the report and ends.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "serve/dashboard.h"
#include "serve/hostile_texts.h"
#include "serve/live_file.h"
#include "serve/report.h"
#include "serve/synthetic_run.h"

using namespace retort;

namespace {

using Flags = std::map<std::string, std::string>;

int64_t number(const Flags& flags, const std::string& name, int64_t other) {
  auto found = flags.find(name);
  return found == flags.end() ? other : std::atoll(found->second.c_str());
}

SyntheticOptions options_of(const Flags& flags) {
  SyntheticOptions options{.seeds = number(flags, "--write", 0)};
  options.rounds = static_cast<int>(number(flags, "--rounds", 3));
  options.stages_max = static_cast<int>(number(flags, "--stages", 1'000));
  if (number(flags, "--hostile", 0) > 0)
    for (const std::string& hostile : hostile_texts()) options.foreign += hostile;
  return options;
}

// A run that takes its time, in the way a real one tells of itself.
void write_slowly(const Path& folder, SyntheticOptions options, int64_t stage_ms) {
  LiveFile live(folder);
  options.before_stage = [&](const std::string& stage) {
    live.tell(stage, 40, 100, "loss 0.83, 15102 tokens/s");
    system_clock().sleep_ms(stage_ms);
  };
  write_synthetic_run(folder, options);
}

int serve(const Path& folder) {
  const std::unique_ptr<Dashboard> dashboard =
      or_throw(Dashboard::open({.folder = folder, .look_every_ms = 200}));
  const auto answer = [&](const HttpServerRequest& request) {
    return dashboard->respond(request).value_or(HttpServerReply{.status = 404, .body = "{}"});
  };
  const std::unique_ptr<HttpServer> server = or_throw(HttpServer::start("", 0, answer));
  std::printf("http://127.0.0.1:%d%s\n", server->port(), dashboard->start_path().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

int run(const Path& folder, const Flags& flags) {
  std::thread writer;
  if (const int64_t stage_ms = number(flags, "--slow", 0); stage_ms > 0) {
    writer = std::thread([=] { write_slowly(folder, options_of(flags), stage_ms); });
    while (!std::filesystem::exists(folder / "live.json")) system_clock().sleep_ms(5);
  } else if (flags.contains("--write")) {
    write_synthetic_run(folder, options_of(flags));
  }
  int code = 0;
  if (auto report = flags.find("--report"); report != flags.end())
    or_throw(write_file_atomic(report->second,
                               or_throw(report_html(or_throw(read_run(folder, Detail::Evidence))))));
  else
    code = serve(folder);
  if (writer.joinable()) writer.join();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  for (int i = 2; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  try {
    return run(argc > 1 ? argv[1] : "", flags);
  } catch (const RunError& error) {
    std::fprintf(stderr, "dashboard_probe: %s\n", error.what());
    return 1;
  }
}
