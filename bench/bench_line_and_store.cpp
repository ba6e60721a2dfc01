// The teacher's line and the run store on this machine: the HTTP client alone and with the store, durable
// rows, a store of ten million calls. bench_line_and_store.sh puts aiohttp and openai beside the client.
// usage: bench_line_and_store [FOLDER] | --client PORT REQUESTS IN_FLIGHT | --serve | --large FOLDER ROWS
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "bench_line_and_store/figures.h"

namespace {

int64_t number(const char* text) { return std::strtoll(text, nullptr, 10); }

int run(int count, char** arguments) {
  using namespace retort;
  using namespace retort::bench;
  const std::string_view what = count > 1 ? arguments[1] : "";
  if (what == "--serve") {
    ReplyServer server(0);
    std::printf("%d\n", server.port());
    std::fflush(stdout);
    while (std::getchar() != EOF) continue;
    return 0;
  }
  if (what == "--client" && count == 5) {
    run_client(static_cast<int>(number(arguments[2])), number(arguments[3]),
               static_cast<int>(number(arguments[4])));
    return 0;
  }
  if (what == "--large" && count == 4) {
    bench_large_store(arguments[2], number(arguments[3]));
    return 0;
  }
  const Path folder = (what.empty() ? std::filesystem::current_path() : Path(what)) / "bench_store.tmp";
  or_throw(make_folders(folder));
  bench_client();
  bench_ask(folder);
  bench_rows(folder);
  bench_large_store(folder, 10'000'000);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "retort: %s\n", error.what());
    return retort::exit_code(error.code());
  }
}
