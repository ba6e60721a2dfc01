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
constexpr int64_t kStreamStallMs = 60'000;  // a stream without a byte for so long is dead
constexpr int64_t kStreamMs = 3'600'000;
constexpr size_t kSendsPerRetry = 10;  // a retry for so many sends

// Unique in the process: several chats share a transport, and a reply may outlive the ask it belongs to.
uint64_t next_request_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

// What the run has cost or may have cost so far.
int64_t committed(RunStore& store) {
  int64_t sum = 0;
  for (const auto& [role, totals] : store.call_totals())
    sum += totals.cost + totals.unknown_cost + totals.reserved;
  return sum;
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
  if (left_to_send() && now < opens_ms)
    wake = std::min(wake, opens_ms);
  else if (left_to_send() && slots() > 0 && next_ < items_.size() && !too_dear_)
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
  if (too_dear_) return std::exchange(too_dear_, std::nullopt);
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
  std::optional<int64_t> money = money_left();
  for (int left = slots(); left > 0 && pace_.ready_ms() <= now; --left) {
    std::optional<size_t> item = next_item(now, flights_.empty() && leaving.empty());
    if (!item) break;
    Departure departure = prepare(*item);
    if (!afford(departure, money, leaving.empty())) break;
    pace_.sent(now, departure.expected);
    leaving.push_back(std::move(departure));
  }
  sends_ += leaving.size();
  return leaving;
}

Asking::Departure Asking::prepare(size_t item) const {
  const ChatRequest& request = requests_[items_[item].request];
  const int64_t tokens_max = request.sampling.tokens_max * request.sampling.samples;
  Json json = dialect_.request(options_, request);
  if (request.sampling.tokens_max > options_.stream_above) json = streamed(dialect_, std::move(json));
  Departure departure{item, json.canonical()};
  departure.expected = pace_.expect(departure.body.size(), tokens_max);
  departure.reserved = highest_cost(options_.prices, departure.body.size(), tokens_max);
  return departure;
}

// What may still be reserved; nothing where there is no cap.
std::optional<int64_t> Asking::money_left() {
  if (!options_.money_max) return std::nullopt;
  return *options_.money_max - committed(store_);
}

// Money that is on its way may come back: only when nothing is, the budget is spent.
bool Asking::afford(const Departure& departure, std::optional<int64_t>& left, bool alone) {
  if (!left || departure.reserved <= *left) {
    if (left) *left -= departure.reserved;
    return true;
  }
  too_dear_ = departure.item;
  if (alone && flights_.empty())
    end_run({ErrorCode::BudgetSpent,
             format("the budget of {:.2f} is spent but for {:.6f}, and the next request could cost {:.6f}",
                    static_cast<double>(*options_.money_max) / 1e9, static_cast<double>(*left) / 1e9,
                    static_cast<double>(departure.reserved) / 1e9)});
  return false;
}

void Asking::send(Departure departure) {
  Item& item = items_[departure.item];
  if (++item.attempts == 1) item.tried_ms = clock_.monotonic_ms();
  HttpRequest request;
  request.id = next_request_id();
  request.url = chat_url(options_);
  request.headers = {{"content-type", "application/json"}};
  for (auto& header : dialect_.key_headers(options_.key)) request.headers.push_back(std::move(header));
  request.body = std::move(departure.body);
  request.connect_timeout_ms = options_.connect_timeout_ms;
  request.timeout_ms = options_.timeout_ms;
  // A stream may take its time, as long as it goes on.
  if (requests_[item.request].sampling.tokens_max > options_.stream_above) {
    request.stall_ms = kStreamStallMs;
    request.timeout_ms = std::max(options_.timeout_ms, kStreamMs);
  }
  flights_[request.id] = {departure.item, gate_.epoch(), request.body.size(), departure.expected,
                          departure.reserved};
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
