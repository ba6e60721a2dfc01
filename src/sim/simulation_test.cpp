// The simulator's own seeds: a few hundred each time, 10,000 in the long tier; and that it would see a broken
// promise.
#include "sim/simulation.h"

#include <cstdlib>

#include "base/test.h"
#include "sim/facts.h"

namespace retort::sim {
namespace {

Path fast_folder() { return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp"; }

TEST_CASE("whole runs keep every promise under random faults, kills and losses of power") {
  Simulation simulation(fast_folder());
  const uint64_t seeds = std::getenv("RETORT_LONG") != nullptr ? 10'000 : 200;
  int64_t kills = 0, stops = 0, unknown = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const SeedReport report = simulation.run_seed(seed);
    for (const std::string& what : report.broken) {
      CHECK_MESSAGE(false, what, "\n  build/release/retort_sim --seed ", seed);
    }
    kills += report.kills;
    stops += report.stops;
    unknown += report.unknown;
  }
  CHECK(kills > static_cast<int64_t>(seeds));
  CHECK(stops > static_cast<int64_t>(seeds) / 10);
  CHECK(unknown > static_cast<int64_t>(seeds) / 10);
}

TEST_CASE("a run killed at any event of its first steps, or at every event, ends as one never killed") {
  Simulation simulation(fast_folder());
  const bool is_long = std::getenv("RETORT_LONG") != nullptr;
  for (double power_loss : {0.0, 1.0})
    for (int64_t event = 1; event <= (is_long ? simulation.events_of(0) : 40); ++event)
      for (const std::string& what : simulation.run_killed(0, event, power_loss).broken)
        CHECK_MESSAGE(false, what, "\n  killed at event ", event, ", power loss ", power_loss);
}

TEST_CASE("a disk step that fails, for want of space too, ends the process, and the next one goes on") {
  Simulation simulation(fast_folder());
  const int64_t step = std::getenv("RETORT_LONG") != nullptr ? 1 : 29;
  int64_t stops = 0;
  for (DiskFault fault : {DiskFault::IoError, DiskFault::Full})
    for (int64_t event = 1; event <= simulation.events_of(0); event += step) {
      const SeedReport report = simulation.run_with_disk_fault(0, event, fault);
      for (const std::string& what : report.broken)
        CHECK_MESSAGE(false, what, "\n  failed at event ", event, " as ", static_cast<int>(fault));
      stops += report.stops;
    }
  MESSAGE("the run was stopped by ", stops, " faults");
  CHECK(stops > 50);
}

TEST_CASE("an allocation that fails ends the process, and the next one goes on") {
  Simulation simulation(fast_folder());
  const int64_t all = simulation.allocations_of(0);
  const int64_t step = std::getenv("RETORT_LONG") != nullptr ? 1 : 101;
  int64_t stops = 0, runs = 0;
  for (int64_t n = 1; n <= all; n += step, ++runs) {
    const SeedReport report = simulation.run_without_memory(0, n);
    for (const std::string& what : report.broken) CHECK_MESSAGE(false, what, "\n  allocation ", n, " failed");
    stops += report.stops;
  }
  MESSAGE(all, " allocations; ", stops, " of ", runs, " failed ones stopped the run");
  CHECK(stops > runs / 2);
}

TEST_CASE("a seed gives the same events every time, another seed others") {
  Simulation one(fast_folder()), two(fast_folder());
  for (uint64_t seed : {3u, 12u, 29u}) CHECK(one.run_seed(seed).trace == two.run_seed(seed).trace);
  CHECK(one.run_seed(3).trace != one.run_seed(11).trace);
}

}  // namespace
}  // namespace retort::sim
