// What a reply's headers say of the account's limits, whoever wrote them: OpenAI (x-ratelimit-limit-requests,
// reset as "6m0s"), Anthropic (anthropic-ratelimit-input-tokens-limit, reset as RFC 3339), and gateways with
// one plain limit (x-ratelimit-limit, ratelimit-limit, reset in seconds or as a time). Total: any header text
// gives a value or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/client.h"

namespace retort {

struct RateWindow {
  std::optional<double> limit;      // a minute's; never 0 or less, which some gateways send for "none"
  std::optional<double> remaining;  // never negative
  std::optional<int64_t> reset_ms;  // from now until the window is whole again
};
struct RateNotice {
  RateWindow requests, tokens, tokens_in, tokens_out;
};

RateNotice rate_notice(const HttpReply& reply);

// "120ms", "1s", "6m0s", "1h2m3.5s", "1d", or plain seconds; nothing when it is none of these.
std::optional<int64_t> parse_duration_ms(std::string_view text);
// "2026-01-27T12:34:56.5Z", "...+01:00": milliseconds since 1970.
std::optional<int64_t> parse_rfc3339_ms(std::string_view text);

}  // namespace retort
