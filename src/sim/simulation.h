// One seed: a whole small run under random faults beside the same run without any, and what it broke of the
// promises (specs/performance_reliability §5.4). The product's own recipe, roles, chat and store; simulated
// are clock, network, disk and the end of the process; the student is the tests' fake one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "sim/world.h"

namespace retort::sim {

struct SeedReport {
  std::vector<std::string> broken;      // empty: every promise was kept
  int lives = 0, kills = 0, stops = 0;  // processes; ended by a kill; ended by an error or a signal
  int64_t events = 0;
  uint64_t trace = 0;  // of all events in their order: the same seed gives the same
  int64_t charged = 0, asked = 0, unknown = 0;
};

class Simulation {
 public:
  // Works in a folder of its own under `root` (a memory file system is best). Sends the log into a file there
  // and sets the environment variable of the key.
  explicit Simulation(const Path& root);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  SeedReport run_seed(uint64_t seed);
  // The same run with one fault: its process is killed at that event, and perhaps the power goes.
  SeedReport run_killed(int recipe, int64_t at_event, double power_loss);
  // One disk step fails, at that event or the first after it.
  SeedReport run_with_disk_fault(int recipe, int64_t at_event, DiskFault fault);
  // Its n-th allocation fails, from 1.
  SeedReport run_without_memory(int recipe, int64_t n);
  int64_t allocations_of(int recipe) { return reference(recipe).allocations; }
  int64_t events_of(int recipe) { return reference(recipe).events; }
  // What was logged in the last seed.
  std::string log() const;

 private:
  struct Reference {
    std::string facts;
    int64_t events = 0, cost = 0, allocations = 0;
    std::vector<std::string> broken;
  };
  const Reference& reference(int recipe);
  SeedReport run_in(World& world, int recipe, int64_t memory_fails_at = 0);
  void clear_log();

  Path folder_;
  int kept_stderr_ = -1, log_ = -1;
  std::map<int, Reference> references_;
};

}  // namespace retort::sim
