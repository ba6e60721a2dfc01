#include "store/health.h"

#include <functional>

#include "base/log.h"
#include "base/utf8.h"
#include "store/schema.h"

namespace retort {
namespace {

constexpr int kNewestRows = 1000;

// The rows of a check pragma, but for its "ok".
void add_report(Database& database, std::string_view pragma, std::vector<std::string>& wrong) {
  Query row = database.query(pragma);
  while (row.next())
    if (row.text(0) != "ok") wrong.push_back(terminal_safe(row.text(0), 300));
}

void check_foreign_keys(Database& database, std::vector<std::string>& wrong) {
  Query row = database.query("PRAGMA foreign_key_check");
  while (row.next())
    wrong.push_back(
        format("{} row {} names a row of {} that does not exist", row.text(0), row.integer(1), row.text(2)));
}

void check_sums(Database& database, const Table& table, std::string_view rest,
                std::vector<std::string>& wrong) {
  int64_t count =
      database.integer(format("SELECT count(*) FROM (SELECT * FROM {} {}) WHERE sum IS NOT row_sum({})",
                              table.name, rest, table.columns));
  if (count > 0) wrong.push_back(format("{}: {} rows do not match their sums", table.name, count));
}

// Each query gives what is wrong as text.
constexpr std::string_view kRules[] = {
    "SELECT 'stage ' || name || ' does not balance' FROM stages WHERE finished_ms IS NOT NULL "
    "AND count_in IS NOT count_ok + count_dropped + count_failed",
    "SELECT 'call ' || id || ' has no request' FROM calls WHERE id NOT IN (SELECT call_id FROM requests)",
    "SELECT 'call ' || id || ' is done without a reply' FROM calls "
    "WHERE state = 2 AND id NOT IN (SELECT call_id FROM replies)",
    "SELECT 'call ' || call_id || ' has a reply and is not done' FROM replies "
    "WHERE call_id NOT IN (SELECT id FROM calls WHERE state = 2)",
    "SELECT 'the totals of role ' || role || ' are not the sums of its calls' FROM (SELECT role, "
    "sum(state = 0) planned, sum(state = 1) sent, sum(state = 2) done, sum(state = 3) failed, "
    "sum(unknown_outcomes) unknown, sum(tokens_in) tokens_in, sum(tokens_out) tokens_out, "
    "sum(tokens_cached) tokens_cached, sum(cost) cost, sum(unknown_cost) unknown_cost, "
    "sum(reserved) reserved "
    "FROM calls GROUP BY role) s WHERE NOT EXISTS (SELECT 1 FROM call_totals t WHERE t.role = s.role "
    "AND t.planned = s.planned AND t.sent = s.sent AND t.done = s.done AND t.failed = s.failed "
    "AND t.unknown = s.unknown AND t.tokens_in = s.tokens_in AND t.tokens_out = s.tokens_out "
    "AND t.tokens_cached = s.tokens_cached AND t.cost = s.cost AND t.unknown_cost = s.unknown_cost "
    "AND t.reserved = s.reserved)",
};

}  // namespace

std::vector<std::string> quick_check(Database& database, int64_t bytes_max) {
  std::vector<std::string> wrong;
  int64_t bytes = database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size");
  if (bytes <= bytes_max) {
    add_report(database, "PRAGMA quick_check(10)", wrong);
    return wrong;
  }
  log_info("{} has {} MB: looked at its newest rows only; `retort doctor` looks at all",
           database.file().string(), bytes >> 20);
  for (std::string_view pragma :
       {"PRAGMA quick_check('stages')", "PRAGMA quick_check('call_totals')", "PRAGMA quick_check('metrics')"})
    add_report(database, pragma, wrong);
  for (const Table& table : {kCalls, kInstructions, kDrops})
    check_sums(database, table, format("ORDER BY id DESC LIMIT {}", kNewestRows), wrong);
  for (const Table& table : {kRequests, kReplies})
    check_sums(database, table, format("ORDER BY call_id DESC LIMIT {}", kNewestRows), wrong);
  return wrong;
}

std::vector<std::string> full_check(Database& database) {
  std::vector<std::string> wrong;
  auto attempt = [&](const std::function<void()>& check) {
    try {
      check();
    } catch (const RunError& error) {
      wrong.emplace_back(error.what());
    }
  };
  attempt([&] { add_report(database, "PRAGMA integrity_check(100)", wrong); });
  attempt([&] { check_foreign_keys(database, wrong); });
  for (const Table& table : kTables) attempt([&] { check_sums(database, table, "", wrong); });
  for (std::string_view rule : kRules) attempt([&] { add_report(database, rule, wrong); });
  return wrong;
}

}  // namespace retort
