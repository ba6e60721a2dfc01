// Outages are waited out: no row fails because the endpoint did.
#include "base/log.h"
#include "chat/chat_for_test.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

// 2,000 rows on 16 lanes, the reference case of specs/tapir.md §3.4; the endpoint fails in its way from the
// first second on for so many seconds. How many rows were lost.
size_t lost_in_outage(const FakeAnswer& trouble, int64_t seconds, int rows = 2'000) {
  FakeClock* clock = nullptr;
  ChatForTest t([&](const HttpRequest&, int) {
    int64_t now = clock->monotonic_ms() - 1'000;
    return now >= 1'000 && now < 1'000 * (1 + seconds) ? trouble : ok("a", 50);
  });
  clock = &t.clock;
  t.options.concurrency_max = 16;
  t.make();
  size_t lost = 0;
  for (const auto& reply : t.ask(questions(rows))) lost += !reply.has_value();
  CHECK(t.clock.monotonic_ms() >= 1'000 * seconds);
  CHECK(t.clock.monotonic_ms() <= 1'000 * seconds + 120'000);
  // One probe at a time, at most a minute apart.
  CHECK(t.network.sent.size() <= static_cast<size_t>(rows + 16 + 20 + seconds / 15));
  return lost;
}

TEST_CASE("429 for 5, 10 and 20 seconds and for 10 minutes loses none of 2,000 rows") {
  for (int64_t seconds : {5, 10, 20, 600}) CHECK(lost_in_outage(status(429), seconds) == 0);
}

TEST_CASE("an outage of an hour costs time and no row, whatever it looks like") {
  CHECK(lost_in_outage(status(429), 3'600) == 0);
  CHECK(lost_in_outage(status(503), 3'600) == 0);
  CHECK(lost_in_outage(refused(), 3'600) == 0);
  CHECK(lost_in_outage({Error{ErrorCode::Unreachable, "reset"}, true, 1}, 3'600) == 0);
  CHECK(lost_in_outage(status(529), 3'600, 400) == 0);
}

TEST_CASE("a key that is revoked after 300 of 1,000 rows ends the run, which goes on with the rest only") {
  size_t answered = 0;
  bool revoked = true;
  ChatForTest t([&](const HttpRequest&, int) {
    if (revoked && answered >= 300) return status(401, {}, R"({"error":{"message":"revoked"}})");
    ++answered;
    return ok("a");
  });
  t.options.concurrency_max = 16;
  t.options.key = "sk-canary-0123456789";
  t.make();
  RunError error = t.fatal(questions(1'000));
  CHECK(error.code() == ErrorCode::Unauthorized);
  CHECK(exit_code(error.code()) == 6);
  CHECK(t.store->call_totals()["teacher"].done == 300);
  revoked = false;
  t.reopen();
  for (const auto& reply : t.ask(questions(1'000))) CHECK(reply.has_value());
  CHECK(answered == 1'000);
}

TEST_CASE("an outage that begins with a run is waited out too, once the server has said anything") {
  FakeClock* clock = nullptr;
  ChatForTest t(
      [&](const HttpRequest&, int) { return clock->monotonic_ms() < 1'800'000 ? status(503) : ok("a"); });
  clock = &t.clock;
  for (const auto& reply : t.ask(questions(1))) CHECK(reply.has_value());
}

TEST_CASE("an outage longer than the run file allows ends the run, and all that is left stays to be asked") {
  int answered = 0;
  ChatForTest t([&](const HttpRequest&, int) { return ++answered <= 10 ? ok("a") : status(503); });
  t.options.outage_ms = 600'000;
  t.make();
  RunError error = t.fatal(questions(100));
  CHECK(error.code() == ErrorCode::ServerError);
  CHECK(std::string(error.what()).find("nothing got through for 10 min") != std::string::npos);
  CHECK(t.clock.monotonic_ms() <= 700'000);
  CallTotals totals = t.store->call_totals()["teacher"];
  CHECK(totals.done == 10);
  CHECK(totals.planned + totals.failed == 90);
  answered = -1'000;
  t.reopen();
  for (const auto& reply : t.ask(questions(100))) CHECK(reply.has_value());
}

}  // namespace
}  // namespace retort
