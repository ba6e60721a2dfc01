// What becomes of a request when something came back for it, or nothing did: the other half of Asking.
#include <algorithm>

#include "base/format.h"
#include "base/log.h"
#include "chat/asking.h"
#include "chat/reply.h"

namespace retort {
namespace {

constexpr int64_t kWarningMs = 10'000;  // one line in so many ms says that the network has trouble
constexpr int kTroubleMax = 8;          // failures in a row, then it is the endpoint's and not the requests'
constexpr size_t kKeyBytesMin = 16;     // a shorter key could be a word of a reply

// What to do about an error that ends the run.
std::string advice(const EndpointOptions& options, ErrorCode code) {
  switch (code) {
    case ErrorCode::Unauthorized:
      if (options.key.empty())
        return format("no key was sent: name its environment variable as key_env of [{}] and set it",
                      options.name);
      return format("put a valid key into the environment variable that key_env of [{}] names", options.name);
    case ErrorCode::BudgetSpent:
      return "raise money of [budget] and run the same command to go on; nothing is lost";
    case ErrorCode::QuotaExceeded:
      return "add credit to the account or raise its limit, then run the same command to go on";
    case ErrorCode::RateLimited:
    case ErrorCode::ServerError:
    case ErrorCode::Timeout:
      return "run the same command again when the endpoint works";
    case ErrorCode::Unreachable:
      return format("check base_url of [{}] and that its server runs, then run the same command to go on",
                    options.name);
    default:
      return format("correct [{}] in the run file", options.name);
  }
}

}  // namespace

void Asking::land(HttpCompletion done) {
  auto found = flights_.find(done.id);
  if (found == flights_.end()) return;  // a reply that nobody waits for any more
  Flight flight = found->second;
  flights_.erase(found);
  if (!done.reply) {
    pace_.landed(flight.expected, {});
    if (done.reply.error().code == ErrorCode::BadReply) answered_ = true;
    stumble(flight, outcome_of_error(done.reply.error()), done.may_have_arrived);
    return;
  }
  answered_ = true;
  storms_unconnected_ = 0;
  pace_.heed(clock_.monotonic_ms(), rate_notice(*done.reply));
  Outcome outcome = outcome_of_reply(*done.reply);
  if (outcome.step == NextStep::Keep)
    if (Result<void> is_whole = check_whole(done.reply->body); !is_whole) {
      pace_.landed(flight.expected, {});
      return stumble(flight, outcome_of_error({ErrorCode::ServerError, is_whole.error().message}), true);
    }
  if (outcome.step != NextStep::Retry) passed(flight);
  if (outcome.step == NextStep::Keep) return keep(flight, *std::move(done.reply), done.latency_ms);
  pace_.landed(flight.expected, {});
  stumble(flight, outcome, false);
}

// The endpoint works: it took this request, whatever it thinks of it.
void Asking::passed(const Flight& flight) {
  gate_.passed(flight.epoch);
  trouble_ = 0;
  passed_ms_ = clock_.monotonic_ms();
  troubled_ms_.reset();
}

void Asking::keep(const Flight& flight, HttpReply reply, int64_t latency_ms) {
  const Item& item = items_[flight.item];
  // A server that echoes our headers must not bring the key into the store.
  if (options_.key.size() >= kKeyBytesMin) reply.body = without_key(std::move(reply.body));
  // The only look inside before the commit: the numbers of the accounts, by a total function.
  const TokenUsage usage = reply_usage(reply.body);
  const bool said = usage.tokens_in > 0 || usage.tokens_out > 0;
  const TokenCost cost{static_cast<double>(usage.tokens_in), static_cast<double>(usage.tokens_out)};
  pace_.landed(flight.expected, cost);
  pace_.learn(flight.bytes, cost);
  unsuspected_ -= item.suspect ? 0 : 1;
  // Without usage nobody knows: as much as it can have been.
  events_.push_back(CallDone{.key = item.key,
                             .http_status = reply.status,
                             .reply = reply.body,
                             .tokens_in = usage.tokens_in,
                             .tokens_out = usage.tokens_out,
                             .latency_ms = latency_ms,
                             .tokens_cached = usage.tokens_cached,
                             .cost = said ? cost_of(options_.prices, usage) : flight.reserved});
  arrived_.push_back({flight.item, std::move(reply.body)});
}

void Asking::stumble(const Flight& flight, const Outcome& outcome, bool may_have_arrived) {
  Item& item = items_[flight.item];
  Error error{outcome.error.code, without_key(outcome.error.message)};
  if (outcome.step == NextStep::EndRun) {
    events_.push_back(CallFailed{item.key, error.code, error.message});
    return end_run(error);
  }
  int64_t wait_ms = back_off(flight, outcome, may_have_arrived);
  if (outcome.step == NextStep::GiveUp || is_own_fault(item, outcome, may_have_arrived)) note_strike(item);
  item.tried_ms = clock_.monotonic_ms();
  if (outcome.step == NextStep::GiveUp || item.strikes >= options_.attempts_max) {
    const auto charge = may_have_arrived ? CallFailed::Charge::Unknown : CallFailed::Charge::None;
    events_.push_back(CallFailed{item.key, error.code, error.message, charge});
    settle(item.request, error);
  } else {
    if (!may_have_arrived) events_.push_back(CallFailed{item.key, error.code, error.message});
    retries_.emplace(clock_.monotonic_ms() + wait_ms, flight.item);
    warn(format("{}; trying again in {:.1f} s", error.message, static_cast<double>(wait_ms) / 1000));
  }
  if (outcome.step == NextStep::Retry) heed_outage(error);
}

bool Asking::is_own_fault(const Item& item, const Outcome& outcome, bool may_have_arrived) const {
  if (outcome.error.code == ErrorCode::Unreachable && !may_have_arrived) return false;
  // Each wait for a reply that never came may be paid for, so they are counted whoever is to blame.
  if (outcome.error.code == ErrorCode::Timeout && may_have_arrived) return true;
  if (passed_ms_ && *passed_ms_ >= item.tried_ms) return true;
  return unsuspected_ == 0 && !outcome.rate_limited;
}

void Asking::note_strike(Item& item) {
  ++item.strikes;
  unsuspected_ -= item.suspect ? 0 : 1;
  item.suspect = true;
}

// Nothing gets through: when is it time to end the run? An endpoint that never replied is probably not there,
// one that did will come back.
void Asking::heed_outage(const Error& error) {
  const int64_t now = clock_.monotonic_ms();
  if (!troubled_ms_) troubled_ms_ = now;
  if (!answered_ && storms_unconnected_ >= options_.attempts_max) return end_run(error);
  if (now - *troubled_ms_ < options_.outage_ms) return;
  end_run({error.code, format("nothing got through for {} min, the last time because of: {}",
                              (now - *troubled_ms_) / 60'000, error.message)});
}

// How long this request waits; and whether the trouble is everybody's: a 429, or one failure after another.
int64_t Asking::back_off(const Flight& flight, const Outcome& outcome, bool may_have_arrived) {
  int64_t now = clock_.monotonic_ms();
  bool storm = outcome.step == NextStep::Retry && (outcome.rate_limited || ++trouble_ >= kTroubleMax);
  const Item& item = items_[flight.item];
  int attempt = std::max(item.attempts, storm ? gate_.level() + 1 : 0);
  int64_t wait_ms = outcome.wait_ms.value_or(backoff_ms(options_.seed, item.key, attempt));
  bool news = flight.epoch == gate_.epoch();
  if (storm && (news || outcome.wait_ms)) {
    gate_.limited(now, flight.epoch, wait_ms);
    if (news && outcome.error.code == ErrorCode::Unreachable && !may_have_arrived) ++storms_unconnected_;
  }
  if (outcome.wait_ms && wait_ms > kParkAboveMs) gate_.park(now + wait_ms);
  return wait_ms;
}

void Asking::end_run(Error error) {
  if (ending_) return;
  error.message = format("{}: {}; {}", options_.name, error.message, advice(options_, error.code));
  ending_ = std::move(error);
}

void Asking::warn(const std::string& message) {
  int64_t now = clock_.monotonic_ms();
  if (last_warning_ms_ && now < *last_warning_ms_ + kWarningMs) return;
  last_warning_ms_ = now;
  log_warning("{}: {}", options_.name, message);
}

std::string Asking::without_key(std::string text) const {
  constexpr std::string_view kInstead = "[key]";
  if (options_.key.empty()) return text;
  for (size_t at = 0; (at = text.find(options_.key, at)) != std::string::npos; at += kInstead.size())
    text.replace(at, options_.key.size(), kInstead);
  return text;
}

}  // namespace retort
