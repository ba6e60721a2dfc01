// A network for tests: a function decides what comes back and when, on a FakeClock; every send is remembered.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/client.h"

namespace retort {

struct FakeAnswer {
  Result<HttpReply> reply = HttpReply{};
  bool may_have_arrived = true;
  int64_t latency_ms = 10;
};

class FakeTransport : public HttpTransport {
 public:
  struct Sent {
    int64_t at_ms = 0;
    std::string body;
    HttpHeaders headers;
    std::string url;
  };
  // `time` counts the sends of the same body, from 1.
  using Script = std::function<FakeAnswer(const HttpRequest&, int time)>;

  FakeTransport(FakeClock& clock, Script script) : clock_(clock), script_(std::move(script)) {}

  void start(HttpRequest request) override {
    sent.push_back({clock_.monotonic_ms(), request.body, request.headers, request.url});
    if (on_start) on_start(request);
    FakeAnswer answer = script_(request, ++times_[request.body]);
    in_flight_max = std::max(in_flight_max, due_.size() + 1);
    due_.emplace(
        clock_.monotonic_ms() + answer.latency_ms,
        HttpCompletion{request.id, std::move(answer.reply), answer.may_have_arrived, answer.latency_ms});
  }

  std::vector<HttpCompletion> poll(int64_t wait_ms) override {
    if (on_poll) on_poll();
    int64_t now = clock_.monotonic_ms();
    int64_t until = due_.empty() ? now : std::min(now + wait_ms, std::max(now, due_.begin()->first));
    clock_.sleep_ms(until - now);
    std::vector<HttpCompletion> done;
    while (!due_.empty() && due_.begin()->first <= until) {
      done.push_back(std::move(due_.begin()->second));
      due_.erase(due_.begin());
    }
    return done;
  }

  size_t in_flight() const override { return due_.size(); }
  // A reply that nobody asked for (any more).
  void stray(HttpCompletion completion) { due_.emplace(clock_.monotonic_ms(), std::move(completion)); }

  std::vector<Sent> sent;
  size_t in_flight_max = 0;
  std::function<void(const HttpRequest&)> on_start;
  std::function<void()> on_poll;

 private:
  FakeClock& clock_;
  Script script_;
  std::map<std::string, int> times_;
  std::multimap<int64_t, HttpCompletion> due_;
};

}  // namespace retort
