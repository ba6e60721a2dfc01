#include "chat/pace.h"

#include <vector>

#include "base/test.h"

namespace retort {
namespace {

// When each of `count` requests leaves that leave as soon as they may and cost what is expected of them.
std::vector<int64_t> departures(Pace& pace, int count, TokenCost cost = {}) {
  std::vector<int64_t> times;
  int64_t now = 0;
  for (int i = 0; i < count; ++i) {
    now = std::max(now, pace.ready_ms());
    pace.sent(now, cost);
    times.push_back(now);
  }
  return times;
}

TEST_CASE("without a limit everything leaves at once") {
  Pace pace({});
  CHECK(departures(pace, 1'000).back() == 0);
}

TEST_CASE("requests a minute are spread evenly, without a burst") {
  Pace pace({.requests = 600});
  std::vector<int64_t> times = departures(pace, 601);
  CHECK(times[0] == 0);
  CHECK(times[10] - times[9] == 100);
  CHECK(times[600] >= 59'800);
  CHECK(times[600] <= 60'000);
}

TEST_CASE("a turn that comes late catches up, a pause does not become a burst") {
  Pace pace({.requests = 60'000});  // one a millisecond
  pace.sent(0, {});
  int burst = 0;
  for (int64_t now = 10'000; pace.ready_ms() <= now; ++burst) pace.sent(now, {});
  CHECK(burst >= 100);
  CHECK(burst <= 102);
}

TEST_CASE("tokens a minute hold back what costs more, input and output each by its own limit") {
  Pace in({.tokens_in = 60'000});
  CHECK(departures(in, 11, {500, 10'000})[10] >= 4'890);
  Pace out({.tokens_out = 60'000});
  CHECK(departures(out, 11, {10'000, 500})[10] >= 4'890);
  Pace both({.tokens = 60'000});
  CHECK(departures(both, 11, {250, 250})[10] >= 4'890);
}

TEST_CASE("what a request really cost replaces what was expected") {
  Pace pace({.tokens_out = 60'000});
  pace.sent(1'000, {0, 1'000});
  CHECK(pace.ready_ms() == 1'900);
  pace.landed({0, 1'000}, {0, 100});
  CHECK(pace.ready_ms() == 1'000);
  pace.sent(1'000, {0, 100});
  pace.landed({0, 100}, {0, 5'000});
  CHECK(pace.ready_ms() == 6'000);
}

TEST_CASE("before the first reply the worst is expected, after it what replies cost") {
  Pace pace({});
  TokenCost worst = pace.expect(400, 1'024);
  CHECK(worst.in == 400);
  CHECK(worst.out == 1'024);
  pace.learn(400, {100, 50});
  CHECK(pace.expect(800, 1'024).in == doctest::Approx(200));
  CHECK(pace.expect(800, 1'024).out == doctest::Approx(50));
  CHECK(pace.expect(800, 20).out == 20);
  for (int i = 0; i < 100; ++i) pace.learn(400, {200, 80});
  CHECK(pace.expect(400, 1'024).in == doctest::Approx(200).epsilon(0.01));
  pace.learn(400, {0, 0});
  CHECK(pace.expect(400, 1'024).out == doctest::Approx(80).epsilon(0.01));
}

TEST_CASE("a limit is learnt from headers, unless the run file sets one") {
  RateNotice notice;
  notice.requests.limit = 60;
  notice.tokens_in.limit = 1'000;
  Pace learning({}), fixed({.requests = 30});
  learning.heed(0, notice);
  fixed.heed(0, notice);
  CHECK(learning.limits().requests == 60);
  CHECK(learning.limits().tokens_in == 1'000);
  CHECK(fixed.limits().requests == 30);
  learning.sent(5'000, {});
  CHECK(learning.ready_ms() == 5'900);
}

TEST_CASE("a window that is spent holds everything until its reset, a minute at most") {
  RateNotice notice;
  notice.requests = {100, 0, 7'000};
  Pace pace({});
  pace.heed(1'000, notice);
  CHECK(pace.ready_ms() == 8'000);
  notice.requests.reset_ms = 86'400'000;
  pace.heed(1'000, notice);
  CHECK(pace.ready_ms() == 61'000);

  Pace enough({});
  notice.requests = {100, 1, 7'000};
  enough.heed(1'000, notice);
  CHECK(enough.ready_ms() <= 1'000);
}

TEST_CASE("tokens that are left but too few for a reply hold too") {
  Pace pace({});
  pace.learn(100, {50, 400});
  RateNotice notice;
  notice.tokens_out = {8'000, 399, 3'000};
  pace.heed(0, notice);
  CHECK(pace.ready_ms() == 3'000);
}

}  // namespace
}  // namespace retort
