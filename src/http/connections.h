// The threads and sockets of a server: one thread a connection, an upper bound on both, and a stop that wakes
// every one of them at once.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>

namespace retort {

class Connections {
 public:
  explicit Connections(size_t connections_max) : connections_max_(connections_max) {}
  ~Connections() { stop(); }

  // Runs `serve` on a thread of its own; waits while all are busy. Not after stop().
  void spawn(std::function<void()> serve);
  // A socket is known between these two, so that stop() can shut it down. False after stop().
  bool enter(int socket);
  void leave(int socket);
  // Sleeps, but not through a stop: false when it was one.
  bool sleep_ms(int64_t ms);
  // Ends all connections and returns when the last thread has let go of this.
  void stop();

 private:
  const size_t connections_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<int> sockets_;
  size_t threads_ = 0;
  bool stopping_ = false;
};

}  // namespace retort
