// The machine and the network that a simulated run stands on: a clock that moves when somebody waits, a disk
// in memory, a teacher with a ledger. One thread; every choice follows from the seed. What is broken of the
// promises is noted as it happens.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "chat/price.h"
#include "http/client.h"
#include "practice/teacher.h"
#include "sim/weather.h"
#include "store/memory_disk.h"

namespace retort::sim {

// The process is gone. Not an std::exception: nothing in the product may catch it.
struct Killed {};

inline constexpr const char* kKeyVariable = "RETORT_SIM_KEY";
inline constexpr const char* kKey = "sk-simulated-0123456789abcdef";

class SimClock : public FakeClock {
 public:
  int64_t wall_ms() override { return FakeClock::wall_ms() + jump_ms_; }
  void jump_wall_ms(int64_t ms) { jump_ms_ += ms; }

 private:
  int64_t jump_ms_ = 0;
};

class World {
 public:
  World(uint64_t seed, const practice::TeacherOptions& teacher, const Prices& prices);

  SimClock clock;
  MemoryDisk disk;
  Weather weather;  // all zero at first: nothing goes wrong
  // The first disk step at this event or after it fails so, once.
  int64_t disk_fails_at = 0;
  DiskFault disk_fails_as = DiskFault::None;
  int64_t money_cap = 0;  // billionths; 0: none

  // A connection to the teacher for one life of the process; what is in flight ends with it.
  std::unique_ptr<HttpTransport> connect();
  // A new process on the same disk; after a kill perhaps with the power gone in between.
  void start_life();
  // While `body` looks at the disk nothing goes wrong and nothing counts.
  void look(const std::function<void()>& body);
  bool is_calm() const { return events_ >= weather.calm_after; }
  bool had_disk_trouble() const { return disk_trouble_; }
  bool had_network_trouble() const { return network_trouble_; }

  // ---- what is known of it ----
  int64_t events() const { return events_; }
  uint64_t trace() const { return trace_; }  // of all events in their order
  int64_t calm_since_ms() const { return calm_since_ms_; }
  int64_t charged() const { return charged_; }
  const std::map<std::string, int>& times_charged() const { return times_charged_; }  // by request
  // Replies that the run must have stored: it has since done something else on the network. By request.
  const std::map<std::string, std::string>& acknowledged() const { return acknowledged_; }
  std::vector<std::string> broken;  // promises, one line each

 private:
  friend class Line;
  struct Answer {
    Result<HttpReply> reply = HttpReply{};
    bool may_have_arrived = true;
    int64_t latency_ms = 0;
    bool twice = false;
  };

  bool happens(double share) { return share > 0 && !is_calm() && dice_.chance(share); }
  bool is_killed_now();
  void count(uint64_t what);
  void network_event();
  DiskFault disk_event(DiskStep step);
  Answer answer(const HttpRequest& request);
  std::optional<Answer> trouble(const HttpRequest& request);
  HttpReply charge(const HttpRequest& request);
  void deliver(const std::string& body, const std::string& reply) { delivered_.emplace_back(body, reply); }
  void acknowledge();

  Random dice_;
  practice::PracticeTeacher teacher_;
  Prices prices_;
  int64_t events_ = 0, life_events_ = 0, calm_since_ms_ = -1;
  uint64_t trace_ = 0;
  size_t lives_ = 0;
  int64_t outage_until_ms_ = 0;
  bool is_refusing_ = false;  // the key or the account, until the run's owner has looked after it
  bool is_looking_ = false;
  bool disk_trouble_ = false, network_trouble_ = false;
  int64_t charged_ = 0;
  std::map<std::string, int> times_charged_;
  std::vector<std::pair<std::string, std::string>> delivered_;
  std::map<std::string, std::string> acknowledged_;
};

}  // namespace retort::sim
