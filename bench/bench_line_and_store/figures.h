// What the parts of bench_line_and_store share: how a figure is printed, the server they talk to.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "base/file.h"

namespace retort::bench {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.6g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

// An event-driven HTTP server in a process of its own, so that it never bounds a client: every request gets
// the same reply of 1.3 KB, so many milliseconds later. It ends with this object.
class ReplyServer {
 public:
  explicit ReplyServer(int latency_ms);
  ~ReplyServer();
  ReplyServer(const ReplyServer&) = delete;
  ReplyServer& operator=(const ReplyServer&) = delete;
  int port() const { return port_; }

 private:
  int process_ = -1, port_ = 0;
};

// Pins this process (and what it starts later) to one core; does nothing where there is one only.
void take_core(int core);
// The most memory that this process has had resident, in MB.
double resident_peak_mb();

void bench_client();                  // the HTTP client alone
void bench_ask(const Path& folder);   // a whole ask() with the run store
void bench_rows(const Path& folder);  // durable rows
void bench_large_store(const Path& folder, int64_t rows);
// One client run of so many requests for bench_line_and_store.sh; prints requests a second.
void run_client(int port, int64_t requests, int in_flight);

}  // namespace retort::bench
