#include "chat/retry.h"

#include <set>

#include "base/test.h"

namespace retort {
namespace {

HttpReply reply_with(int status, HttpHeaders headers = {}, std::string body = "") {
  return HttpReply{status, std::move(headers), std::move(body)};
}

struct WaitCase {
  const char* retry_after_ms;
  const char* retry_after;
  const char* date;
  int64_t want_ms;  // 0: the header means nothing
};

TEST_CASE("the wait that a server asks for is read in all its forms") {
  const char* now = "Sun, 06 Nov 1994 08:49:37 GMT";
  const WaitCase cases[] = {
      {"", "", "", 0},
      {"", "1", "", 1'000},
      {"", "2", now, 2'000},
      {"", "0.25", "", 250},
      {"", "1.0001", "", 1'001},
      {"", "120", "", 120'000},
      {"", "121", "", 121'000},
      {"", "600", "", 600'000},
      {"", "1e9", "", kServerWaitMaxMs},
      {"", "1e400", "", 0},
      {"", "99999999999999999999", "", kServerWaitMaxMs},
      {"", "0", "", 0},
      {"", "-1", "", 0},
      {"", "-0.5", "", 0},
      {"", "nan", "", 0},
      {"", "NaN", "", 0},
      {"", "inf", "", 0},
      {"", "-inf", "", 0},
      {"", "1s", "", 0},
      {"", "1,5", "", 0},
      {"", "0x10", "", 0},
      {"", "soon", "", 0},
      {"", "1 2", "", 0},
      {"", "\xff\xfe", "", 0},
      {"1500", "", "", 1'500},
      {"0.5", "", "", 1},
      {"1500", "7", "", 1'500},
      {"-1", "7", "", 7'000},
      {"nan", "7", "", 7'000},
      {"junk", "", "", 0},
      {"1e12", "", "", kServerWaitMaxMs},
      {"0", "0", "", 0},
      {"", "Sun, 06 Nov 1994 08:49:47 GMT", now, 10'000},
      {"", "Sunday, 06-Nov-94 08:49:47 GMT", now, 10'000},
      {"", "Sun Nov  6 08:49:47 1994", now, 10'000},
      {"", "Sun, 06 Nov 1994 08:49:37 GMT", now, 0},
      {"", "Sun, 06 Nov 1994 08:49:27 GMT", now, 0},
      {"", "Sun, 06 Nov 2094 08:49:37 GMT", now, kServerWaitMaxMs},
      {"", "Sun, 06 Nov 1994 08:49:47 GMT", "", 0},
      {"", "Sun, 06 Nov 1994 08:49:47 GMT", "garbage", 0},
      {"", "Sun, 99 Nov 1994 99:99:99 GMT", now, 0},
  };
  CHECK(std::size(cases) >= 40);
  for (const WaitCase& c : cases) {
    INFO(c.retry_after_ms, " | ", c.retry_after, " | ", c.date);
    HttpReply reply = reply_with(
        429, {{"retry-after-ms", c.retry_after_ms}, {"retry-after", c.retry_after}, {"date", c.date}});
    CHECK(server_wait_ms(reply).value_or(0) == c.want_ms);
  }
}

TEST_CASE("the table of statuses is the SDKs'") {
  for (int status : {200, 201, 204, 299}) CHECK(outcome_of_reply(reply_with(status)).step == NextStep::Keep);
  for (int status : {408, 409, 429, 500, 502, 503, 504, 529, 599})
    CHECK(outcome_of_reply(reply_with(status)).step == NextStep::Retry);
  for (int status : {301, 302, 307, 400, 404, 405, 413, 418, 422})
    CHECK(outcome_of_reply(reply_with(status)).step == NextStep::GiveUp);
  for (int status : {401, 402, 403}) CHECK(outcome_of_reply(reply_with(status)).step == NextStep::EndRun);
}

TEST_CASE("every status has its error code") {
  auto code = [](int status) { return outcome_of_reply(reply_with(status)).error.code; };
  CHECK(code(400) == ErrorCode::BadRequest);
  CHECK(code(401) == ErrorCode::Unauthorized);
  CHECK(code(402) == ErrorCode::QuotaExceeded);
  CHECK(code(408) == ErrorCode::Timeout);
  CHECK(code(429) == ErrorCode::RateLimited);
  CHECK(code(503) == ErrorCode::ServerError);
}

TEST_CASE("x-should-retry comes before the table") {
  CHECK(outcome_of_reply(reply_with(400, {{"x-should-retry", "true"}})).step == NextStep::Retry);
  CHECK(outcome_of_reply(reply_with(503, {{"x-should-retry", "false"}})).step == NextStep::GiveUp);
  CHECK(outcome_of_reply(reply_with(429, {{"x-should-retry", "false"}})).step == NextStep::GiveUp);
  CHECK(outcome_of_reply(reply_with(503, {{"x-should-retry", "perhaps"}})).step == NextStep::Retry);
}

TEST_CASE("a 429 that speaks of money ends the run, one that speaks of speed does not") {
  for (const char* body : {R"({"error":{"code":"insufficient_quota","type":"insufficient_quota"}})",
                           R"({"error":{"code":null,"type":"insufficient_quota"}})",
                           R"({"error":{"code":"credit_balance_exhausted"}})",
                           R"({"error":{"code":"billing_hard_limit_reached"}})"}) {
    Outcome outcome = outcome_of_reply(reply_with(429, {{"x-should-retry", "true"}}, body));
    CHECK(outcome.step == NextStep::EndRun);
    CHECK(outcome.error.code == ErrorCode::QuotaExceeded);
  }
  for (const char* body :
       {R"({"error":{"code":"rate_limit_exceeded","type":"tokens"}})",
        R"({"error":{"code":429,"message":"You exceeded your current quota"}})", "slow down", ""}) {
    Outcome outcome = outcome_of_reply(reply_with(429, {}, body));
    CHECK(outcome.step == NextStep::Retry);
    CHECK(outcome.rate_limited);
  }
}

TEST_CASE("a 400 by a content filter is Filtered") {
  Outcome outcome =
      outcome_of_reply(reply_with(400, {}, R"({"error":{"code":"content_filter","message":"no"}})"));
  CHECK(outcome.step == NextStep::GiveUp);
  CHECK(outcome.error.code == ErrorCode::Filtered);
}

TEST_CASE("transport errors are sent again, but for a bad address and a reply that is none") {
  CHECK(outcome_of_error({ErrorCode::Unreachable, ""}).step == NextStep::Retry);
  CHECK(outcome_of_error({ErrorCode::Timeout, ""}).step == NextStep::Retry);
  CHECK(outcome_of_error({ErrorCode::BadReply, ""}).step == NextStep::GiveUp);
  CHECK(outcome_of_error({ErrorCode::InvalidArgument, ""}).step == NextStep::EndRun);
}

TEST_CASE("back-off is full jitter from half a second to a minute") {
  for (int attempt = 1; attempt <= 40; ++attempt) {
    int64_t cap = std::min<int64_t>(60'000, attempt > 8 ? 60'000 : int64_t{500} << (attempt - 1));
    CHECK(backoff_max_ms(attempt) == cap);
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 500; ++i) {
      int64_t wait = backoff_ms(7, "key" + std::to_string(i), attempt);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    CHECK(least >= 1);
    CHECK(least < cap / 20);
    CHECK(most <= cap);
    CHECK(most > cap * 19 / 20);
  }
}

TEST_CASE("jitter is a function of seed, key and attempt alone") {
  CHECK(backoff_ms(1, "a", 3) == backoff_ms(1, "a", 3));
  std::set<int64_t> waits = {backoff_ms(1, "a", 8), backoff_ms(2, "a", 8), backoff_ms(1, "b", 8),
                             backoff_ms(1, "a", 9)};
  CHECK(waits.size() == 4);
}

}  // namespace
}  // namespace retort
