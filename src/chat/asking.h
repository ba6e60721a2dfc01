// One ask(): its requests from plan to reply. See chat.h for the promises; this is how they are kept:
//
//   known:  equal requests become one item; what the store has as DONE is read from there
//   plan:   the rest is PLANNED, about a thousand a transaction
//   turn:   what came back and what is about to leave are one transaction; only then do bytes leave, and
//           only then is what came back parsed
//
// Whose fault is a failure? A request that fails while others get through collects strikes, and is given up
// after attempts_max of them. Where nothing gets through it is the endpoint's: the gate closes, one request
// probes now and then, no row is lost; after outage_ms the run ends, and all that is left stays to be asked.
//
// What a store row says between two attempts: FAILED after an answer that surely was not charged (429, no
// connection), SENT where nobody knows (a timeout, a cut reply), so that a crash in between is counted right.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "chat/chat.h"
#include "chat/dialect.h"
#include "chat/gate.h"
#include "chat/pace.h"
#include "chat/retry.h"

namespace retort {

// What is known of an endpoint's traffic; it outlives one ask, as a storm and a limit do.
struct Traffic {
  Gate gate;
  Pace pace;
};

class Asking {
 public:
  using Progress = std::function<void(size_t done, size_t all)>;

  Asking(const EndpointOptions& options, RunStore& store, HttpTransport& transport, Clock& clock,
         Traffic& traffic, std::span<const ChatRequest> requests, const Progress& progress);
  std::vector<Result<ChatReply>> run();

 private:
  // A request that the store has no reply to.
  struct Item {
    std::string key;
    size_t request = 0;    // index of the first that asks this
    int attempts = 0;      // sends
    int strikes = 0;       // failures that are the request's own and not the endpoint's
    bool suspect = false;  // it has a strike, or failed for good in an earlier run
    int64_t tried_ms = 0;  // when it last left for the first time, or came back failed
  };
  struct Flight {
    size_t item = 0;
    uint64_t epoch = 0;  // the gate's, when it left
    size_t bytes = 0;    // of the request
    TokenCost expected;
    int64_t reserved = 0;
  };
  // What is about to leave.
  struct Departure {
    size_t item = 0;
    std::string body;
    TokenCost expected;
    int64_t reserved = 0;
  };
  struct Arrived {
    size_t item = 0;
    std::string raw;
  };

  void read_known();
  void turn();
  void commit_events();
  void land(HttpCompletion done);
  void passed(const Flight& flight);
  void keep(const Flight& flight, HttpReply reply, int64_t latency_ms);
  void stumble(const Flight& flight, const Outcome& outcome, bool may_have_arrived);
  int64_t back_off(const Flight& flight, const Outcome& outcome, bool may_have_arrived);
  bool is_own_fault(const Item& item, const Outcome& outcome, bool may_have_arrived) const;
  void note_strike(Item& item);
  void heed_outage(const Error& error);
  void end_run(Error error);
  void settle(size_t request, Result<ChatReply> result);

  std::vector<HttpCompletion> wait_for_something();
  void heed_stop();
  std::vector<Departure> choose();
  bool may_retry(bool alone) const;
  std::optional<size_t> next_item(int64_t now_ms, bool alone);
  Departure prepare(size_t item) const;
  std::optional<int64_t> money_left();
  bool afford(const Departure& departure, std::optional<int64_t>& left, bool alone);
  void send(Departure departure);
  int slots() const;

  void report_progress();
  void warn(const std::string& message);
  std::string without_key(std::string text) const;
  bool left_to_send() const { return !ending_ && (next_ < items_.size() || !retries_.empty() || too_dear_); }

  const EndpointOptions& options_;
  const Dialect& dialect_;
  RunStore& store_;
  HttpTransport& transport_;
  Clock& clock_;
  Gate& gate_;
  Pace& pace_;
  std::span<const ChatRequest> requests_;
  const Progress& progress_;

  std::vector<size_t> same_as_;  // index of the first request that asks the same
  std::vector<size_t> asked_;    // how many ask the same, at the first one's index
  std::vector<std::optional<Result<ChatReply>>> results_;
  size_t finished_ = 0;

  std::vector<Item> items_;
  size_t next_ = 0;                         // the first item that never left
  std::multimap<int64_t, size_t> retries_;  // from when on they may leave
  std::optional<size_t> too_dear_;          // chosen, but waits until money comes back
  std::unordered_map<uint64_t, Flight> flights_;
  std::vector<CallEvent> events_;  // of this turn
  std::vector<Arrived> arrived_;   // of this turn, to be parsed once it is committed

  bool answered_ = false;       // the endpoint has replied, now or in a stored call
  int trouble_ = 0;             // failures in a row, 429 apart
  int storms_unconnected_ = 0;  // storms in a row that began because there was no connection
  size_t sends_ = 0, retries_sent_ = 0;
  size_t unsuspected_ = 0;                 // items without a reply that have not failed by themselves
  std::optional<int64_t> passed_ms_;       // when a request last got through
  std::optional<int64_t> troubled_ms_;     // since when none gets through
  std::optional<Error> ending_;            // nothing is sent any more; thrown when all has landed
  std::optional<int64_t> drain_until_ms_;  // after a stop signal: when we no longer wait for replies
  std::optional<int64_t> last_progress_ms_, last_warning_ms_;
};

// Where the requests of an endpoint go.
std::string chat_url(const EndpointOptions& endpoint);

}  // namespace retort
