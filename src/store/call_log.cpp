#include "store/call_log.h"

#include "store/compress.h"
#include "store/schema.h"

namespace retort {
namespace {

constexpr int kPage = 64;  // calls read at once by for_each, so that no long read holds up the checkpoint

const std::string kInsertCall = insert_sql(kCalls);
const std::string kInsertRequest = insert_sql(kRequests);
const std::string kInsertReply = insert_sql(kReplies);
const std::string kInsertTotals = insert_sql(kCallTotals, Repeated::Replaces);
const std::string kSelectCall = select_sql(kCalls, "WHERE key = ?");
const std::string kSelectTotals = select_sql(kCallTotals, "");
const std::string kSelectRequest = select_sql(kRequests, "WHERE call_id = ?");
const std::string kSelectReply = select_sql(kReplies, "WHERE call_id = ?");
const std::string kSelectDone = select_sql(kCalls, "WHERE state = ? AND id > ? ORDER BY id LIMIT ?");
// The partial index holds the few that are not done; its condition must stand in the query's own words.
const std::string kSelectNotDone =
    select_sql(kCalls, "WHERE state <> 2 AND state = ? AND id > ? ORDER BY id LIMIT ?");

constexpr std::string_view kUpdateCall =
    "UPDATE calls SET state = ?6, attempts = ?7, unknown_outcomes = ?8, sent_by = ?9, http_status = ?10, "
    "tokens_in = ?11, tokens_out = ?12, latency_ms = ?13, error_code = ?14, error = ?15, changed_ms = ?16, "
    "tokens_cached = ?17, reserved = ?18, cost = ?19, unknown_cost = ?20, "
    "sum = row_sum(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
    "?20) "
    "WHERE id = ?1";

// All columns in their order, for an insert and an update.
void save(Database& database, std::string_view sql, const CallRow& call) {
  database.run(sql, call.id, Blob{call.key}, call.endpoint, call.role, call.sample_index,
               static_cast<int>(call.state), call.attempts, call.unknown_outcomes, call.sent_by,
               call.http_status, call.tokens_in, call.tokens_out, call.latency_ms, call.error_code,
               call.error, database.now_ms(), call.tokens_cached, call.reserved, call.cost,
               call.unknown_cost);
}

std::optional<std::string> text_or_null(const Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.text(column));
}

CallRow read_call(const Query& row) {
  return {.id = row.integer(1),
          .key = row.text(2),
          .endpoint = row.text(3),
          .role = row.text(4),
          .sample_index = row.integer(5),
          .state = static_cast<CallState>(row.integer(6)),
          .attempts = row.integer(7),
          .unknown_outcomes = row.integer(8),
          .sent_by = row.integer_or_null(9),
          .http_status = row.integer(10),
          .tokens_in = row.integer(11),
          .tokens_out = row.integer(12),
          .latency_ms = row.integer(13),
          .error_code = text_or_null(row, 14),
          .error = text_or_null(row, 15),
          .tokens_cached = row.integer(17),
          .reserved = row.integer(18),
          .cost = row.integer(19),
          .unknown_cost = row.integer(20)};
}

std::string read_body(Database& database, const std::string& sql, const Table& table, int64_t call_id) {
  Query row = database.query(sql, call_id);
  if (!next_intact(row, table)) throw_damaged(table);
  return or_throw(unpack_body(row.text(2)));
}

CallRecord make_record(Database& database, const CallRow& call) {
  CallRecord record{.key = key_hex(call.key),
                    .endpoint = call.endpoint,
                    .role = call.role,
                    .request = read_body(database, kSelectRequest, kRequests, call.id),
                    .error = call.error.value_or(""),
                    .state = call.state,
                    .sample_index = static_cast<int>(call.sample_index),
                    .http_status = static_cast<int>(call.http_status),
                    .attempts = static_cast<int>(call.attempts),
                    .unknown_outcomes = static_cast<int>(call.unknown_outcomes),
                    .tokens_in = call.tokens_in,
                    .tokens_out = call.tokens_out,
                    .tokens_cached = call.tokens_cached,
                    .latency_ms = call.latency_ms,
                    .cost = call.cost,
                    .reserved = call.reserved,
                    .unknown_cost = call.unknown_cost};
  if (call.state == CallState::Done) record.reply = read_body(database, kSelectReply, kReplies, call.id);
  if (call.error_code) record.error_code = parse_error_code(*call.error_code);
  return record;
}

int64_t& count_of(CallTotals& totals, CallState state) {
  switch (state) {
    case CallState::Planned:
      return totals.planned;
    case CallState::Sent:
      return totals.sent;
    case CallState::Done:
      return totals.done;
    case CallState::Failed:
      return totals.failed;
  }
  RETORT_CHECK(false, "no such state");
  return totals.planned;
}

}  // namespace

void CallLog::commit(std::span<const CallEvent> events, const std::function<void()>& beside) {
  // A reply that was paid for must not go with the roll-back of something else.
  RETORT_CHECK(!database_.in_transaction(), "commit_calls inside a transaction would not be durable");
  if (events.empty() && !beside) return;
  database_.transaction([&] {
    std::map<std::string, CallTotals> change;
    for (const CallEvent& event : events) take(event, change);
    for (const auto& [role, totals] : change) add_totals(role, totals);
    if (beside) beside();
  });
}

void CallLog::take(const CallEvent& event, std::map<std::string, CallTotals>& change) {
  std::string_view key = std::visit([](const auto& e) { return std::string_view(e.key); }, event);
  std::optional<CallRow> call = load(key);
  if (!call) {
    const auto* planned = std::get_if<CallPlanned>(&event);
    RETORT_CHECK(planned != nullptr, "an event of call {}, which was never planned", key);
    insert(*planned, change);
    return;
  }
  CallRow before = *call;
  if (!apply_event(*call, event, session_)) return;
  save(database_, kUpdateCall, *call);
  if (const auto* done = std::get_if<CallDone>(&event))
    database_.run(kInsertReply, call->id, Blob{pack_body(done->reply)});
  CallTotals& totals = change[call->role];
  --count_of(totals, before.state);
  ++count_of(totals, call->state);
  totals.unknown += call->unknown_outcomes - before.unknown_outcomes;
  totals.tokens_in += call->tokens_in - before.tokens_in;
  totals.tokens_out += call->tokens_out - before.tokens_out;
  totals.tokens_cached += call->tokens_cached - before.tokens_cached;
  totals.cost += call->cost - before.cost;
  totals.unknown_cost += call->unknown_cost - before.unknown_cost;
  totals.reserved += call->reserved - before.reserved;
}

void CallLog::insert(const CallPlanned& planned, std::map<std::string, CallTotals>& change) {
  CallRow call{.id = database_.integer("SELECT max(id) FROM calls") + 1,
               .key = key_bytes(planned.key),
               .endpoint = planned.endpoint,
               .role = planned.role,
               .sample_index = planned.sample_index};
  save(database_, kInsertCall, call);
  database_.run(kInsertRequest, call.id, Blob{pack_body(planned.request)});
  ++change[planned.role].planned;
}

void CallLog::add_totals(const std::string& role, const CallTotals& change) {
  CallTotals sum = totals()[role];
  database_.run(kInsertTotals, role, sum.planned + change.planned, sum.sent + change.sent,
                sum.done + change.done, sum.failed + change.failed, sum.unknown + change.unknown,
                sum.tokens_in + change.tokens_in, sum.tokens_out + change.tokens_out,
                sum.tokens_cached + change.tokens_cached, sum.cost + change.cost,
                sum.unknown_cost + change.unknown_cost, sum.reserved + change.reserved);
}

std::optional<CallRow> CallLog::load(std::string_view key) {
  std::string bytes = key_bytes(key);
  Query row = database_.query(kSelectCall, Blob{bytes});
  return next_intact(row, kCalls) ? std::optional(read_call(row)) : std::nullopt;
}

std::optional<CallRecord> CallLog::find(std::string_view key) {
  std::optional<CallRow> call = load(key);
  return call ? std::optional(make_record(database_, *call)) : std::nullopt;
}

std::map<std::string, CallTotals> CallLog::totals() {
  std::map<std::string, CallTotals> all;
  Query row = database_.query(kSelectTotals);
  while (next_intact(row, kCallTotals))
    all[row.text(1)] = {.done = row.integer(4),
                        .failed = row.integer(5),
                        .unknown = row.integer(6),
                        .planned = row.integer(2),
                        .sent = row.integer(3),
                        .tokens_in = row.integer(7),
                        .tokens_out = row.integer(8),
                        .tokens_cached = row.integer(9),
                        .cost = row.integer(10),
                        .unknown_cost = row.integer(11),
                        .reserved = row.integer(12)};
  return all;
}

void CallLog::for_each(CallState state, const std::function<void(const CallRecord&)>& visit) {
  int64_t last_id = 0;
  for (size_t got = kPage; got == kPage;) {
    std::vector<CallRow> page;
    {
      const std::string& sql = state == CallState::Done ? kSelectDone : kSelectNotDone;
      Query row = database_.query(sql, static_cast<int>(state), last_id, kPage);
      while (next_intact(row, kCalls)) page.push_back(read_call(row));
    }
    got = page.size();
    for (const CallRow& call : page) {
      last_id = call.id;
      visit(make_record(database_, call));
    }
  }
}

std::optional<int64_t> CallLog::id_of(std::string_view key) {
  if (key.empty()) return std::nullopt;
  std::string bytes = key_bytes(key);
  Query row = database_.query("SELECT id FROM calls WHERE key = ?", Blob{bytes});
  RETORT_CHECK(row.next(), "a row names call {}, which the store does not have", key);
  return row.integer(0);
}

std::string CallLog::key_of(std::optional<int64_t> id) {
  if (!id) return "";
  Query row = database_.query("SELECT key FROM calls WHERE id = ?", *id);
  if (!row.next()) throw_damaged(kCalls);
  return key_hex(row.text(0));
}

}  // namespace retort
