#include "chat/asking.h"

#include <algorithm>

#include "base/format.h"
#include "base/log.h"
#include "base/stop.h"

namespace retort {
namespace {

constexpr size_t kPlanBatch = 1'000;
constexpr int64_t kTurnMs = 200;      // how late a stop signal may be noticed
constexpr int64_t kDrainMs = 30'000;  // how long a stop waits for replies that are being paid for
constexpr int64_t kProgressMs = 100;

Result<ChatReply> parse(const std::string& key, std::string_view raw) {
  Result<ChatReply> reply = parse_chat_reply(raw);
  if (reply) reply->call_key = key;
  return reply;
}

}  // namespace

Asking::Asking(const EndpointOptions& options, RunStore& store, HttpTransport& transport, Clock& clock,
               Traffic& traffic, std::span<const ChatRequest> requests, const Progress& progress)
    : options_(options),
      dialect_(*or_throw(find_dialect(options.dialect))),
      store_(store),
      transport_(transport),
      clock_(clock),
      gate_(traffic.gate),
      pace_(traffic.pace),
      requests_(requests),
      progress_(progress),
      same_as_(requests.size()),
      asked_(requests.size()),
      results_(requests.size()) {}

std::vector<Result<ChatReply>> Asking::run() {
  read_known();
  while (!flights_.empty() || left_to_send()) {
    turn();
    report_progress();
    if (drain_until_ms_ && clock_.monotonic_ms() >= *drain_until_ms_) break;
  }
  if (!ending_ && !answered_ && !requests_.empty())
    end_run({ErrorCode::Unreachable, (*results_[0]).error().message});
  if (ending_) throw RunError(*ending_);
  std::vector<Result<ChatReply>> out;
  out.reserve(requests_.size());
  for (size_t first : same_as_) out.push_back(*results_[first]);
  return out;
}

void Asking::read_known() {
  std::unordered_map<std::string, size_t> first;
  std::vector<CallEvent> planned;
  size_t unknown = 0;
  for (size_t i = 0; i < requests_.size(); ++i) {
    std::string key = chat_call_key(options_, requests_[i]);
    same_as_[i] = first.try_emplace(key, i).first->second;
    ++asked_[same_as_[i]];
    if (same_as_[i] != i) continue;
    or_throw(check_offered(dialect_, requests_[i]));
    std::optional<CallRecord> known = store_.call(key);
    if (known && known->state == CallState::Done) {
      answered_ = true;
      results_[i] = parse(key, known->reply);
      continue;
    }
    if (known && known->state == CallState::Sent) ++unknown;
    if (!known)
      planned.push_back(CallPlanned{key, options_.name, requests_[i].role,
                                    static_cast<int>(requests_[i].sample_index),
                                    chat_request_json(options_, requests_[i])});
    const bool suspect = known && known->attempts >= options_.attempts_max;
    unsuspected_ += suspect ? 0 : 1;
    items_.push_back({.key = std::move(key), .request = i, .suspect = suspect});
    if (planned.size() >= kPlanBatch) store_.commit_calls(std::exchange(planned, {}));
  }
  if (!planned.empty()) store_.commit_calls(planned);
  for (size_t of : same_as_) finished_ += results_[of].has_value();
  if (unknown > 0)
    log_warning(
        "{}: {} requests had left when an earlier run ended, and their replies are not stored; the "
        "server may have charged for them; they are sent again",
        options_.name, unknown);
}

void Asking::turn() {
  for (HttpCompletion& done : wait_for_something()) land(std::move(done));
  heed_stop();
  // Money that came back is free again only once that is committed.
  if (options_.money_max) commit_events();
  std::vector<Departure> leaving = choose();
  for (const Departure& d : leaving) events_.push_back(CallSent{items_[d.item].key, d.reserved});
  commit_events();
  for (Departure& departure : leaving) send(std::move(departure));
  for (const Arrived& arrived : std::exchange(arrived_, {}))
    settle(items_[arrived.item].request, parse(items_[arrived.item].key, arrived.raw));
}

void Asking::commit_events() {
  if (!events_.empty()) store_.commit_calls(events_);
  events_.clear();
}

std::vector<HttpCompletion> Asking::wait_for_something() {
  int64_t now = clock_.monotonic_ms();
  int64_t wake = now + kTurnMs;
  const int64_t opens_ms = std::max(gate_.opens_ms(), pace_.ready_ms());
  // What is too dear waits for money to come back, and all others behind it.
  const bool may_leave = left_to_send() && !too_dear_ && slots() > 0;
  if (left_to_send() && now < opens_ms)
    wake = std::min(wake, opens_ms);
  else if (may_leave && next_ < items_.size())
    wake = now;
  else if (may_leave && !retries_.empty() && may_retry(flights_.empty()))
    wake = std::min(wake, retries_.begin()->first);
  int64_t wait_ms = std::max<int64_t>(0, wake - now);
  if (!flights_.empty()) return transport_.poll(wait_ms);
  if (wait_ms > 0) clock_.sleep_ms(wait_ms);
  return {};
}

void Asking::heed_stop() {
  if (!stop_requested() || drain_until_ms_) return;
  drain_until_ms_ = clock_.monotonic_ms() + kDrainMs;
  if (!flights_.empty()) log_info("stopping: waiting for {} replies that are on their way", flights_.size());
  if (!ending_)
    ending_ = Error{ErrorCode::Interrupted,
                    "stopped; everything paid for is stored, run the same command to go on"};
}

void Asking::settle(size_t request, Result<ChatReply> result) {
  results_[request] = std::move(result);
  finished_ += asked_[request];
}

void Asking::report_progress() {
  int64_t now = clock_.monotonic_ms();
  if (!progress_ ||
      (finished_ < requests_.size() && last_progress_ms_ && now < *last_progress_ms_ + kProgressMs))
    return;
  last_progress_ms_ = now;
  progress_(finished_, requests_.size());
}

}  // namespace retort
