#include "chat/pace.h"

#include <algorithm>

namespace retort {
namespace {

constexpr double kMinuteMs = 60'000;
// A turn of the loop that comes late may catch up on so much, and no more: no burst after a pause.
constexpr double kCatchUpMs = 100;
// A window that is spent holds the queue until its reset, but not longer: limits are a minute's, and one of a
// day says so with its 429.
constexpr int64_t kHoldMaxMs = 60'000;
constexpr double kNewest = 0.1;  // weight of the newest reply in what is expected of the next

}  // namespace

void Pace::Meter::charge(double from_ms, double cost) {
  if (per_minute <= 0) return;
  next_ms = std::max(next_ms, from_ms - kCatchUpMs) + cost * kMinuteMs / per_minute;
}

void Pace::Meter::correct(double cost) {
  if (per_minute > 0) next_ms += cost * kMinuteMs / per_minute;
}

Pace::Pace(const RateLimits& limits) {
  auto fix = [](Meter& meter, double per_minute) {
    meter.per_minute = per_minute;
    meter.learnt = per_minute <= 0;
  };
  fix(requests_, limits.requests);
  fix(tokens_, limits.tokens);
  fix(tokens_in_, limits.tokens_in);
  fix(tokens_out_, limits.tokens_out);
}

TokenCost Pace::expect(size_t prompt_bytes, int64_t tokens_max) const {
  double limit = static_cast<double>(tokens_max);
  return {tokens_per_byte_ * static_cast<double>(prompt_bytes),
          has_replies_ ? std::min(mean_.out, limit) : limit};
}

int64_t Pace::ready_ms() const {
  double next_ms = std::max({requests_.next_ms, tokens_.next_ms, tokens_in_.next_ms, tokens_out_.next_ms});
  return next_ms < 0 ? hold_until_ms_ : std::max(hold_until_ms_, static_cast<int64_t>(next_ms));
}

void Pace::sent(int64_t now_ms, const TokenCost& expected) {
  double now = static_cast<double>(now_ms);
  requests_.charge(now, 1);
  tokens_.charge(now, expected.in + expected.out);
  tokens_in_.charge(now, expected.in);
  tokens_out_.charge(now, expected.out);
}

void Pace::landed(const TokenCost& expected, const TokenCost& actual) {
  tokens_.correct(actual.in + actual.out - expected.in - expected.out);
  tokens_in_.correct(actual.in - expected.in);
  tokens_out_.correct(actual.out - expected.out);
}

void Pace::learn(size_t prompt_bytes, const TokenCost& actual) {
  if (prompt_bytes == 0 || actual.in <= 0) return;  // a reply without usage teaches nothing
  double weight = has_replies_ ? kNewest : 1;
  tokens_per_byte_ += weight * (actual.in / static_cast<double>(prompt_bytes) - tokens_per_byte_);
  mean_.in += weight * (actual.in - mean_.in);
  mean_.out += weight * (actual.out - mean_.out);
  has_replies_ = true;
}

void Pace::heed(int64_t now_ms, const RateWindow& window, double next_cost, Meter& meter) {
  if (meter.learnt && window.limit) meter.per_minute = *window.limit;
  if (window.remaining && window.reset_ms && *window.remaining < next_cost)
    hold_until_ms_ = std::max(hold_until_ms_, now_ms + std::min(*window.reset_ms, kHoldMaxMs));
}

void Pace::heed(int64_t now_ms, const RateNotice& notice) {
  // A window that is smaller than one request is never waited for.
  auto cost = [](const RateWindow& window, double tokens) {
    return std::min(tokens, window.limit.value_or(tokens));
  };
  heed(now_ms, notice.requests, 1, requests_);
  heed(now_ms, notice.tokens, cost(notice.tokens, mean_.in + mean_.out), tokens_);
  heed(now_ms, notice.tokens_in, cost(notice.tokens_in, mean_.in), tokens_in_);
  heed(now_ms, notice.tokens_out, cost(notice.tokens_out, mean_.out), tokens_out_);
}

RateLimits Pace::limits() const {
  return {requests_.per_minute, tokens_.per_minute, tokens_in_.per_minute, tokens_out_.per_minute};
}

}  // namespace retort
