// What goes wrong in one simulated life of a run, all drawn from the seed. Each kind of trouble is on or off
// for the whole seed, so that some seeds see one kind alone and some see all at once.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"

namespace retort::sim {

struct Weather {
  // Shares of requests.
  double too_many = 0, server_error = 0, refused = 0, reset = 0, cut = 0, lost = 0, late = 0, twice = 0;
  double no_key = 0, no_credit = 0;  // the run ends, its owner puts it right
  // Shares of network events.
  double stop_signal = 0, frozen = 0, wall_jump = 0, outage = 0;
  // Shares of disk steps.
  double disk_error = 0, disk_full = 0;
  // Ends of the process: in each life at most one, after so many events of it; then no more.
  std::vector<int64_t> kills;
  double power_loss = 0;  // share of the kills
  int64_t latency_max_ms = 1'000;
  int64_t calm_after = 0;  // events of all lives, then nothing goes wrong any more
  double money_share = 0;  // of the bill, what the first cap allows; 0: no cap
};

// `events` is how many a run without trouble has.
Weather draw_weather(Random& random, int64_t events);

}  // namespace retort::sim
