#include "chat/retry.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/format.h"
#include "base/random.h"
#include "base/utf8.h"
#include "chat/reply.h"

namespace retort {
namespace {

// The whole text as a finite number above zero.
std::optional<double> positive_number(std::string_view text) {
  double value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value <= 0) return std::nullopt;
  return value;
}

int64_t wait_from_ms(double ms) {
  return static_cast<int64_t>(std::ceil(std::min(ms, static_cast<double>(kServerWaitMaxMs))));
}

// Codes that say "no money", not "too fast": insufficient_quota, credit_balance_exhausted,
// billing_not_active.
bool names_quota(std::string_view code) {
  for (std::string_view word : {"quota", "billing", "credit", "spend", "balance"})
    if (code.find(word) != std::string_view::npos) return true;
  return false;
}

ErrorCode code_of(int status) {
  if (status == 401 || status == 403) return ErrorCode::Unauthorized;
  if (status == 402) return ErrorCode::QuotaExceeded;
  if (status == 408) return ErrorCode::Timeout;
  if (status == 429) return ErrorCode::RateLimited;
  if (status == 409 || status >= 500) return ErrorCode::ServerError;
  return ErrorCode::BadRequest;
}

NextStep table(int status, std::string_view should_retry) {
  bool fatal = status == 401 || status == 402 || status == 403;
  if (should_retry == "true") return NextStep::Retry;
  if (fatal) return NextStep::EndRun;
  if (should_retry == "false") return NextStep::GiveUp;
  return code_of(status) == ErrorCode::BadRequest ? NextStep::GiveUp : NextStep::Retry;
}

}  // namespace

Outcome outcome_of_reply(const HttpReply& reply) {
  if (reply.status >= 200 && reply.status < 300) return {};
  std::string code = reply_error_code(reply.body);
  Outcome outcome;
  outcome.error = {code_of(reply.status), format("HTTP {}: {}", reply.status, reply_error_text(reply.body))};
  if (reply.status == 402 || ((reply.status == 429 || reply.status == 403) && names_quota(code))) {
    outcome.error.code = ErrorCode::QuotaExceeded;
    outcome.step = NextStep::EndRun;
    return outcome;
  }
  if (reply.status >= 300 && reply.status < 400)
    outcome.error.message = format(
        "HTTP {}: the address sends us elsewhere, which is not followed; set base_url "
        "to where the API is",
        reply.status);
  outcome.step = table(reply.status, reply.header("x-should-retry"));
  if (outcome.step == NextStep::GiveUp && code.find("content_filter") != std::string::npos)
    outcome.error.code = ErrorCode::Filtered;
  outcome.rate_limited = reply.status == 429 && outcome.step == NextStep::Retry;
  outcome.wait_ms = server_wait_ms(reply);
  return outcome;
}

Outcome outcome_of_error(const Error& error) {
  NextStep step = NextStep::Retry;
  if (error.code == ErrorCode::InvalidArgument) step = NextStep::EndRun;
  if (error.code == ErrorCode::BadReply) step = NextStep::GiveUp;
  return {step, Error{error.code, terminal_safe(error.message, 1000)}, false, std::nullopt};
}

std::optional<int64_t> server_wait_ms(const HttpReply& reply) {
  if (std::optional<double> ms = positive_number(reply.header("retry-after-ms"))) return wait_from_ms(*ms);
  std::string_view after = reply.header("retry-after");
  if (std::optional<double> s = positive_number(after)) return wait_from_ms(*s * 1000);
  // A date has letters; without them it was a number that means nothing (negative, "nan" has no digits).
  if (after.find(':') == std::string_view::npos) return std::nullopt;
  std::optional<int64_t> until = parse_http_date(after), now = parse_http_date(reply.header("date"));
  if (!until || !now || *until <= *now) return std::nullopt;
  return wait_from_ms(static_cast<double>(*until - *now) * 1000);
}

int64_t backoff_max_ms(int attempt) {
  int doublings = std::clamp(attempt - 1, 0, 7);
  return std::min<int64_t>(60'000, int64_t{500} << doublings);
}

int64_t backoff_ms(uint64_t seed, std::string_view call_key, int attempt) {
  Random random(seed, call_key, static_cast<uint64_t>(attempt));
  return random.range(1, backoff_max_ms(attempt));
}

}  // namespace retort
