// Serves the dashboard of a run folder and nothing else, for tests in a browser: prints its address, ends
// with its standard input. With --write it first makes a run with made-up figures there; --foreign FILE puts
// that text in every place that a model, an API or a file can write to. --report FILE writes the report and
// ends.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "serve/dashboard.h"
#include "serve/report.h"
#include "serve/synthetic_run.h"

using namespace retort;

int main(int argc, char** argv) {
  const Path folder = argc > 1 ? argv[1] : "";
  std::map<std::string, std::string> flags;
  for (int i = 2; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  try {
    if (flags.contains("--write")) {
      SyntheticOptions options;
      options.seeds = std::atoll(flags["--write"].c_str());
      if (flags.contains("--foreign")) options.foreign = or_throw(read_file(flags["--foreign"]));
      if (flags.contains("--stages")) options.stages_max = std::atoi(flags["--stages"].c_str());
      write_synthetic_run(folder, options);
    }
    if (flags.contains("--report")) {
      or_throw(write_file_atomic(flags["--report"],
                                 or_throw(report_html(or_throw(read_run(folder, Detail::Evidence))))));
      return 0;
    }
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
  } catch (const RunError& error) {
    std::fprintf(stderr, "dashboard_probe: %s\n", error.what());
    return 1;
  }
}
