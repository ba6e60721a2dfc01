// What an answer of the network means for the request that got it: kept, sent again, given up, or the end of
// the run; and how long to wait. The table of specs/performance_reliability §4.2, as pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/client.h"

namespace retort {

enum class NextStep {
  Keep,    // a reply to keep: DONE
  Retry,   // send again, while attempts are left
  GiveUp,  // this request fails; the others go on
  EndRun,  // no request can succeed: wrong key, no credit, an address that cannot be used
};

struct Outcome {
  NextStep step = NextStep::Keep;
  Error error;                     // for all but Keep
  bool rate_limited = false;       // a 429: the whole queue backs off
  std::optional<int64_t> wait_ms;  // what the server asked for
};

Outcome outcome_of_reply(const HttpReply& reply);
Outcome outcome_of_error(const Error& error);

// A server's wish longer than this is for the whole queue (a quota by the hour), not for one request.
constexpr int64_t kParkAboveMs = 120'000;
// And longer than this we ask again anyway.
constexpr int64_t kServerWaitMaxMs = 3'600'000;

// retry-after-ms, else Retry-After as seconds (fractions too) or as an HTTP date, which counts from the
// reply's own Date: clocks of two machines differ. Nothing when absent, not finite, or not after now.
std::optional<int64_t> server_wait_ms(const HttpReply& reply);

// Full jitter: uniform in [1 ms, min(60 s, 0.5 s * 2^(attempt-1))], the same for the same arguments.
int64_t backoff_ms(uint64_t seed, std::string_view call_key, int attempt);
int64_t backoff_max_ms(int attempt);

}  // namespace retort
