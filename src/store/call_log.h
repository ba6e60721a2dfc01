// The calls of a run and their bodies: the state machine Planned -> Sent -> Done | Failed, and the totals by
// role, kept up to date so that `status` never counts millions of rows.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "store/run_store.h"
#include "store/sqlite.h"

namespace retort {

// A row of `calls`, without its bodies.
struct CallRow {
  int64_t id = 0;
  std::string key;  // 32 bytes
  std::string endpoint, role;
  int64_t sample_index = 0;
  CallState state = CallState::Planned;
  int64_t attempts = 0, unknown_outcomes = 0;
  std::optional<int64_t> sent_by;  // the session that sent it, while it is Sent
  int64_t http_status = 0, tokens_in = 0, tokens_out = 0, latency_ms = 0;
  std::optional<std::string> error_code, error;
  int64_t tokens_cached = 0, reserved = 0, cost = 0, unknown_cost = 0;
};

// What an event makes of a call that exists: true when it changed. A step that no correct caller takes aborts
// (a Done call is final, a reply needs a Sent call). `session` names this opening of the store: a Sent call
// of another one has an unknown outcome.
bool apply_event(CallRow& call, const CallEvent& event, int64_t session);

// 32 bytes from 64 hex digits and back.
std::string key_bytes(std::string_view hex);
std::string key_hex(std::string_view bytes);

class CallLog {
 public:
  CallLog(Database& database, int64_t session) : database_(database), session_(session) {}
  // `beside` writes what belongs to the same transaction.
  void commit(std::span<const CallEvent> events, const std::function<void()>& beside = {});
  std::optional<CallRecord> find(std::string_view key);
  std::map<std::string, CallTotals> totals();
  void for_each(CallState state, const std::function<void(const CallRecord&)>& visit);
  // The row's id for lineage; nothing for an empty key. A key that the store does not know is our bug.
  std::optional<int64_t> id_of(std::string_view key);
  // The key of a row's call_id; empty where it has none.
  std::string key_of(std::optional<int64_t> id);

 private:
  std::optional<CallRow> load(std::string_view key);
  void take(const CallEvent& event, std::map<std::string, CallTotals>& change);
  void insert(const CallPlanned& planned, std::map<std::string, CallTotals>& change);
  void add_totals(const std::string& role, const CallTotals& change);

  Database& database_;
  int64_t session_;
};

}  // namespace retort
