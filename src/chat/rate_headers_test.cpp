#include "chat/rate_headers.h"

#include "base/test.h"

namespace retort {
namespace {

RateNotice notice_of(HttpHeaders headers) {
  headers.emplace_back("date", "Tue, 27 Jan 2026 12:00:00 GMT");
  return rate_notice(HttpReply{200, std::move(headers), ""});
}

TEST_CASE("OpenAI's headers are read, resets as durations") {
  RateNotice notice = notice_of({{"x-ratelimit-limit-requests", "5000"},
                                 {"x-ratelimit-remaining-requests", "4999"},
                                 {"x-ratelimit-reset-requests", "12ms"},
                                 {"x-ratelimit-limit-tokens", "160000"},
                                 {"x-ratelimit-remaining-tokens", "159976"},
                                 {"x-ratelimit-reset-tokens", "6m0s"}});
  CHECK(notice.requests.limit == 5000);
  CHECK(notice.requests.remaining == 4999);
  CHECK(notice.requests.reset_ms == 12);
  CHECK(notice.tokens.limit == 160'000);
  CHECK(notice.tokens.remaining == 159'976);
  CHECK(notice.tokens.reset_ms == 360'000);
  CHECK_FALSE(notice.tokens_in.limit);
}

TEST_CASE("Anthropic's headers are read, resets as times beside the reply's own date") {
  RateNotice notice = notice_of({{"anthropic-ratelimit-requests-limit", "50"},
                                 {"anthropic-ratelimit-requests-remaining", "0"},
                                 {"anthropic-ratelimit-requests-reset", "2026-01-27T12:00:07Z"},
                                 {"anthropic-ratelimit-input-tokens-limit", "40000"},
                                 {"anthropic-ratelimit-input-tokens-remaining", "39000"},
                                 {"anthropic-ratelimit-output-tokens-limit", "8000"},
                                 {"anthropic-ratelimit-output-tokens-reset", "2026-01-27T13:00:01.5+01:00"},
                                 {"anthropic-ratelimit-tokens-limit", "48000"}});
  CHECK(notice.requests.limit == 50);
  CHECK(notice.requests.remaining == 0);
  CHECK(notice.requests.reset_ms == 7'000);
  CHECK(notice.tokens_in.limit == 40'000);
  CHECK(notice.tokens_in.remaining == 39'000);
  CHECK(notice.tokens_out.limit == 8'000);
  CHECK(notice.tokens_out.reset_ms == 1'500);
  CHECK(notice.tokens.limit == 48'000);
}

TEST_CASE("one plain limit is of requests, its reset seconds or a time since 1970") {
  for (const char* prefix : {"x-", ""}) {
    std::string name = std::string(prefix) + "ratelimit-";
    RateNotice notice =
        notice_of({{name + "limit", "100"}, {name + "remaining", "7"}, {name + "reset", "5"}});
    CHECK(notice.requests.limit == 100);
    CHECK(notice.requests.remaining == 7);
    CHECK(notice.requests.reset_ms == 5'000);
  }
  // 2026-01-27T12:00:00Z is 1769515200.
  CHECK(notice_of({{"x-ratelimit-reset", "1769515230"}}).requests.reset_ms == 30'000);
  CHECK(notice_of({{"x-ratelimit-reset", "1769515230000"}}).requests.reset_ms == 30'000);
}

TEST_CASE("what gateways send for no limit is no limit") {
  for (const char* nothing : {"-1", "0", "", "nan", "unlimited", "1e400", "5000 requests"}) {
    INFO(nothing);
    RateNotice notice = notice_of({{"x-ratelimit-limit-requests", nothing}});
    CHECK_FALSE(notice.requests.limit);
  }
  CHECK_FALSE(notice_of({{"x-ratelimit-remaining-requests", "-1"}}).requests.remaining);
  CHECK_FALSE(notice_of({{"x-ratelimit-reset-requests", "-1"}}).requests.reset_ms);
  CHECK_FALSE(notice_of({{"x-ratelimit-limit-minutes-of-audio", "9"}}).requests.limit);
  CHECK_FALSE(notice_of({{"x-ratelimit-limited", "9"}}).requests.limit);
}

TEST_CASE("a reset in the past, or one without a date to count from, is none") {
  CHECK_FALSE(notice_of({{"x-ratelimit-reset", "2026-01-27T11:59:59Z"}}).requests.reset_ms);
  HttpReply undated{200, {{"x-ratelimit-reset", "2026-01-27T12:00:07Z"}}, ""};
  CHECK_FALSE(rate_notice(undated).requests.reset_ms);
}

TEST_CASE("durations are read in all their units") {
  CHECK(parse_duration_ms("120ms") == 120);
  CHECK(parse_duration_ms("1s") == 1'000);
  CHECK(parse_duration_ms("0.5") == 500);
  CHECK(parse_duration_ms("1h2m3.5s") == 3'723'500);
  CHECK(parse_duration_ms("1d") == 86'400'000);
  CHECK(parse_duration_ms("6m0s") == 360'000);
  for (const char* none : {"", "s", "1x", "1s ", "-1s", "1s2", "ms", "1e400", "inf", "99999999999d"}) {
    INFO(none);
    CHECK_FALSE(parse_duration_ms(none));
  }
}

TEST_CASE("RFC 3339 times are read with fraction and offset, and nothing else is") {
  CHECK(parse_rfc3339_ms("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339_ms("2026-01-27T12:00:00Z") == 1'769'515'200'000);
  CHECK(parse_rfc3339_ms("2026-01-27T12:00:00.25Z") == 1'769'515'200'250);
  CHECK(parse_rfc3339_ms("2026-01-27T10:30:00-01:30") == 1'769'515'200'000);
  CHECK(parse_rfc3339_ms("2024-02-29t23:59:60z") == 1'709'251'200'000);
  for (const char* none : {"", "2026-01-27", "2026-01-27T12:00:00", "2026-13-01T00:00:00Z",
                           "2026-02-30T00:00:00Z", "2026-01-27T24:00:00Z", "2026-01-27T12:60:00Z",
                           "20260127T120000Z", "2026-01-27T12:00:00Zulu", "2026-01-27T12:00:00.Z", "soon"}) {
    INFO(none);
    CHECK_FALSE(parse_rfc3339_ms(none));
  }
}

}  // namespace
}  // namespace retort
