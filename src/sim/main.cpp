// retort_sim --seed N | --seeds N [--from M]: simulated runs under random faults (sim/simulation.h). One line
// a broken promise with the command that shows it again, and one closing line. Exit 1 when anything was
// broken.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "sim/simulation.h"

namespace retort::sim {
namespace {

struct Arguments {
  uint64_t first = 1, count = 0;
  bool is_one = false;
};

volatile uint64_t seed_now = 0;

// A check of the product that fails ends this process: say in which seed.
void on_abort(int) {
  char text[128];
  const int size =
      std::snprintf(text, sizeof text, "seed %llu: a check failed\n  retort_sim --seed %llu\n",
                    static_cast<unsigned long long>(seed_now), static_cast<unsigned long long>(seed_now));
  [[maybe_unused]] ssize_t written = ::write(STDOUT_FILENO, text, static_cast<size_t>(size));
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i + 1 < argc; i += 2) {
    char* end = nullptr;
    const uint64_t value = std::strtoull(argv[i + 1], &end, 10);
    if (*argv[i + 1] == '\0' || *end != '\0') return false;
    if (std::strcmp(argv[i], "--seed") == 0) {
      out.first = value;
      out.count = 1;
      out.is_one = true;
    } else if (std::strcmp(argv[i], "--seeds") == 0) {
      out.count = value;
    } else if (std::strcmp(argv[i], "--from") == 0) {
      out.first = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && out.count > 0;
}

struct Sums {
  int64_t failed = 0, lives = 0, kills = 0, stops = 0, events = 0, asked = 0, unknown = 0;
  void add(const SeedReport& report) {
    failed += report.broken.empty() ? 0 : 1;
    lives += report.lives;
    kills += report.kills;
    stops += report.stops;
    events += report.events;
    asked += report.asked;
    unknown += report.unknown;
  }
};

int simulate(const Arguments& arguments) {
  Simulation simulation(std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp");
  std::signal(SIGABRT, on_abort);
  const auto began = std::chrono::steady_clock::now();
  Sums sums;
  for (uint64_t seed = arguments.first; seed < arguments.first + arguments.count; ++seed) {
    seed_now = seed;
    const SeedReport report = simulation.run_seed(seed);
    sums.add(report);
    for (const std::string& what : report.broken)
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
    if (!report.broken.empty())
      std::printf("  retort_sim --seed %llu\n", static_cast<unsigned long long>(seed));
    if (arguments.is_one)
      std::printf("%strace %016llx\n", simulation.log().c_str(),
                  static_cast<unsigned long long>(report.trace));
    std::fflush(stdout);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf(
      "%llu seeds, %lld broken; %lld processes, %lld of them killed, %lld stopped; %lld events; "
      "%lld requests charged, %lld of unknown outcome; %.1f s\n",
      static_cast<unsigned long long>(arguments.count), static_cast<long long>(sums.failed),
      static_cast<long long>(sums.lives), static_cast<long long>(sums.kills),
      static_cast<long long>(sums.stops), static_cast<long long>(sums.events),
      static_cast<long long>(sums.asked), static_cast<long long>(sums.unknown), seconds);
  return sums.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace retort::sim

int main(int argc, char** argv) {
  retort::sim::Arguments arguments;
  if (!retort::sim::parse(argc, argv, arguments)) {
    std::printf("usage: retort_sim --seed N | --seeds N [--from M]\n");
    return 2;
  }
  return retort::sim::simulate(arguments);
}
