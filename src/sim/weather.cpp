#include "sim/weather.h"

namespace retort::sim {
namespace {

// Most seeds have no trouble of a kind, some a little, few much.
double share(Random& random, double most) {
  const double size = random.uniform();
  return random.chance(0.35) ? most * size * size : 0;
}

std::vector<int64_t> draw_kills(Random& random, int64_t events) {
  std::vector<int64_t> kills;
  // Some are killed over and over in their first steps, most a few times anywhere.
  const bool early = random.chance(0.1);
  const int64_t count = early ? random.range(5, 20) : random.range(0, 4);
  const int64_t last = early ? events / 20 : events;
  for (int64_t i = 0; i < count; ++i) kills.push_back(random.range(0, last));
  return kills;
}

}  // namespace

Weather draw_weather(Random& random, int64_t events) {
  Weather weather;
  weather.too_many = share(random, 0.3);
  weather.server_error = share(random, 0.3);
  weather.refused = share(random, 0.3);
  weather.reset = share(random, 0.2);
  weather.cut = share(random, 0.2);
  weather.lost = share(random, 0.1);
  weather.late = share(random, 0.1);
  weather.twice = share(random, 0.3);
  weather.no_key = share(random, 0.01);
  weather.no_credit = share(random, 0.01);
  weather.stop_signal = share(random, 0.01);
  weather.frozen = share(random, 0.02);
  weather.wall_jump = share(random, 0.02);
  weather.outage = share(random, 0.01);
  weather.disk_error = share(random, 0.002);
  weather.disk_full = share(random, 0.002);
  weather.kills = draw_kills(random, events);
  weather.power_loss = random.uniform();
  weather.latency_max_ms = random.chance(0.2) ? 50'000 : random.range(1, 5'000);
  weather.calm_after = random.range(events / 2, 4 * events);
  weather.money_share = random.chance(0.5) ? random.uniform() : 0;
  return weather;
}

}  // namespace retort::sim
