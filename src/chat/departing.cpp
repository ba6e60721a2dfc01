// What leaves and when: the part of Asking that looks at gate, pace, retry budget and money.
#include <algorithm>
#include <atomic>

#include "base/format.h"
#include "chat/asking.h"

namespace retort {
namespace {

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

}  // namespace

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
             format("the budget of {:.6g} is spent but for {:.6g}, and the next request could cost {:.6g}",
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

}  // namespace retort
