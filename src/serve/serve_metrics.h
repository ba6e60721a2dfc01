// Counts of a server for Prometheus, in its text format (version 0.0.4). Any thread.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "serve/serve_engine.h"

namespace retort {

class ServeMetrics {
 public:
  // `path` is one of the server's own, or "other": a client's text is no label.
  void count_reply(const std::string& path, int status);
  void count_disconnect();
  void note_first_token(double seconds);
  void note_completion(double seconds, int64_t tokens);
  std::string text(const EngineFigures& engine) const;

 private:
  static constexpr std::array kBounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0};
  struct Histogram {
    std::array<int64_t, kBounds.size()> at_most = {};
    int64_t count = 0;
    double sum = 0;
    void note(double seconds);
    std::string text(const char* name, const char* help) const;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> replies_;
  int64_t disconnects_ = 0, completion_tokens_ = 0;
  Histogram first_token_, completion_;
};

}  // namespace retort
