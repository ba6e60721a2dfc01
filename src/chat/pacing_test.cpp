// Limits by the minute and the retry budget, seen from the network.
#include <set>

#include "base/log.h"
#include "chat/chat_for_test.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

TEST_CASE("requests leave as evenly as the run file says") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  t.options.limits.requests = 600;
  t.make();
  t.ask(questions(100));
  for (size_t i = 2; i < 100; ++i) {
    int64_t gap = t.network.sent[i].at_ms - t.network.sent[i - 1].at_ms;
    CHECK(gap >= 99);
    CHECK(gap <= 101);
  }
}

TEST_CASE("no minute brings more output tokens than the limit, once a reply has shown how many they are") {
  ChatForTest t([](const HttpRequest&, int) {
    return FakeAnswer{HttpReply{200,
                                {},
                                R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],)"
                                R"("usage":{"prompt_tokens":20,"completion_tokens":100}})"},
                      true, 2'000};
  });
  t.options.limits.tokens_out = 60'000;
  t.options.concurrency_max = 512;
  t.make();
  t.ask(questions(3'000));
  const auto& sent = t.network.sent;
  for (size_t i = 0, j = 0; i < sent.size(); ++i) {
    while (sent[i].at_ms - sent[j].at_ms > 60'000) ++j;
    CHECK((i - j) * 100 <= 61'000);
  }
  // 3,000 replies of 100 tokens are five minutes' worth; the first seconds are lost to caution.
  CHECK(sent.back().at_ms <= 310'000);
}

TEST_CASE("the limits that a reply names are kept from then on") {
  ChatForTest t([](const HttpRequest&, int) {
    FakeAnswer answer = ok("a");
    answer.reply->headers = {{"x-ratelimit-limit-requests", "60"}, {"x-ratelimit-remaining-requests", "50"}};
    return answer;
  });
  t.ask(questions(30));
  CHECK(t.network.sent[29].at_ms - t.network.sent[9].at_ms >= 19'900);
  CHECK(t.network.sent[29].at_ms - t.network.sent[9].at_ms <= 20'100);
}

TEST_CASE("a window that is spent is waited for, without a single 429") {
  int left = 10;
  int64_t reset_at = 0;
  size_t refusals = 0;
  FakeClock* clock = nullptr;
  ChatForTest t([&](const HttpRequest&, int) {
    int64_t now = clock->monotonic_ms();
    if (now >= reset_at) {
      left = 10;
      reset_at = now + 60'000;
    }
    refusals += left == 0;
    if (left == 0) return status(429);
    --left;
    FakeAnswer answer = ok("a", 50);
    answer.reply->headers = {{"x-ratelimit-remaining-requests", std::to_string(left)},
                             {"x-ratelimit-reset-requests", std::to_string(reset_at - now) + "ms"}};
    return answer;
  });
  clock = &t.clock;
  t.options.concurrency_max = 1;
  t.make();
  for (const auto& reply : t.ask(questions(35))) CHECK(reply.has_value());
  CHECK(refusals == 0);
}

TEST_CASE(
    "retries are a storm's worth and about a tenth of what is sent, while there is anything else to ask") {
  ChatForTest t([n = 0](const HttpRequest&, int time) mutable {
    return time == 1 && ++n % 2 == 0 ? status(500) : ok("a");
  });
  t.options.concurrency_max = 8;
  t.make();
  for (const auto& reply : t.ask(questions(400))) CHECK(reply.has_value());
  std::set<std::string> seen;
  size_t retries = 0;
  for (const auto& sent : t.network.sent) {
    if (!seen.insert(sent.body).second) ++retries;
    if (seen.size() == 400) break;
    CHECK(retries * 100 <= 800 + (seen.size() + retries) * 15);  // some leave alone, as probes
  }
}

}  // namespace
}  // namespace retort
