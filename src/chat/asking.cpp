#include "chat/asking.h"

#include <algorithm>
#include <atomic>

#include "base/format.h"
#include "base/log.h"
#include "base/stop.h"

namespace retort {
namespace {

constexpr size_t kPlanBatch = 1'000;
constexpr int64_t kTurnMs = 200;      // how late a stop signal may be noticed
constexpr int64_t kDrainMs = 30'000;  // how long a stop waits for replies that are being paid for
constexpr int64_t kProgressMs = 100;
constexpr size_t kSendsPerRetry = 10;  // a retry for so many sends

// Unique in the process: several chats share a transport, and a reply may outlive the ask it belongs to.
uint64_t next_request_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

Result<ChatReply> parse(const std::string& key, std::string_view raw) {
  Result<ChatReply> reply = parse_chat_reply(raw);
  if (reply) reply->call_key = key;
  return reply;
}

}  // namespace

Asking::Asking(const EndpointOptions& options, RunStore& store, HttpTransport& transport, Clock& clock,
               Traffic& traffic, std::span<const ChatRequest> requests, const Progress& progress)
    : options_(options),
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
  std::vector<Departure> leaving = choose();
  for (const Departure& d : leaving) events_.push_back(CallSent{items_[d.item].key});
  if (!events_.empty()) store_.commit_calls(events_);
  events_.clear();
  for (Departure& departure : leaving) send(std::move(departure));
  for (const Arrived& arrived : std::exchange(arrived_, {}))
    settle(items_[arrived.item].request, parse(items_[arrived.item].key, arrived.raw));
}

std::vector<HttpCompletion> Asking::wait_for_something() {
  int64_t now = clock_.monotonic_ms();
  int64_t wake = now + kTurnMs;
  const int64_t opens_ms = std::max(gate_.opens_ms(), pace_.ready_ms());
  if (left_to_send() && now < opens_ms)
    wake = std::min(wake, opens_ms);
  else if (left_to_send() && slots() > 0 && next_ < items_.size())
    wake = now;
  else if (!retries_.empty() && slots() > 0 && may_retry(flights_.empty()))
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

int Asking::slots() const {
  int of_epoch = 0;
  for (const auto& [id, flight] : flights_) of_epoch += flight.epoch == gate_.epoch();
  return gate_.slots(clock_.monotonic_ms(), static_cast<int>(flights_.size()), of_epoch);
}

// Retries are few among what is sent: one storm's worth is free, then one in ten (performance_reliability
// §4.2). One that is alone on its way may always leave.
bool Asking::may_retry(bool alone) const {
  return alone || retries_sent_ < static_cast<size_t>(options_.concurrency_max) + sends_ / kSendsPerRetry;
}

// Those that have waited go first.
std::optional<size_t> Asking::next_item(int64_t now_ms, bool alone) {
  if (!retries_.empty() && retries_.begin()->first <= now_ms && may_retry(alone)) {
    ++retries_sent_;
    return retries_.extract(retries_.begin()).mapped();
  }
  return next_ < items_.size() ? std::optional(next_++) : std::nullopt;
}

std::vector<Asking::Departure> Asking::choose() {
  std::vector<Departure> leaving;
  if (!left_to_send()) return leaving;
  const int64_t now = clock_.monotonic_ms();
  for (int left = slots(); left > 0 && pace_.ready_ms() <= now; --left) {
    std::optional<size_t> item = next_item(now, flights_.empty() && leaving.empty());
    if (!item) break;
    const ChatRequest& request = requests_[items_[*item].request];
    Departure departure{*item, chat_request_json(options_, request)};
    departure.expected = pace_.expect(departure.body.size(), request.sampling.tokens_max);
    pace_.sent(now, departure.expected);
    leaving.push_back(std::move(departure));
  }
  sends_ += leaving.size();
  return leaving;
}

void Asking::send(Departure departure) {
  Item& item = items_[departure.item];
  if (++item.attempts == 1) item.tried_ms = clock_.monotonic_ms();
  HttpRequest request;
  request.id = next_request_id();
  request.url = chat_url(options_);
  request.headers = {{"content-type", "application/json"}};
  if (!options_.key.empty()) request.headers.emplace_back("authorization", "Bearer " + options_.key);
  request.body = std::move(departure.body);
  request.connect_timeout_ms = options_.connect_timeout_ms;
  request.timeout_ms = options_.timeout_ms;
  flights_[request.id] = {departure.item, gate_.epoch(), request.body.size(), departure.expected};
  transport_.start(std::move(request));
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
