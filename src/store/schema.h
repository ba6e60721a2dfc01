// The tables of run.db (docs/formats/run_db.md), their version, and how an older file becomes a new one.
#pragma once

#include <string>
#include <string_view>

#include "store/sqlite.h"

namespace retort {

constexpr std::string_view kStoreFile = "run.db";
constexpr int64_t kApplicationId = 0x52745274;  // "RtRt", PRAGMA application_id
constexpr int64_t kSchemaVersion = 5;           // PRAGMA user_version

// Makes a new file a run store, brings an older one up to date, and checks that this is one. Throws
// RunError(Mismatch) when it belongs to another program or to a newer one of ours.
void prepare_schema(Database& database);

// A table whose last column, `sum`, is row_sum over the others: a flipped bit shows when the row is read.
struct Table {
  std::string_view name, columns;  // the columns before `sum`, in their order
};
constexpr Table kStages{"stages",
                        "id, name, begun, started_ms, finished_ms, count_in, count_ok, count_dropped, "
                        "count_failed, note"};
constexpr Table kCalls{"calls",
                       "id, key, endpoint, role, sample_index, state, attempts, unknown_outcomes, sent_by, "
                       "http_status, tokens_in, tokens_out, latency_ms, error_code, error, changed_ms, "
                       "tokens_cached, reserved, cost, unknown_cost"};
constexpr Table kRequests{"requests", "call_id, body"};
constexpr Table kReplies{"replies", "call_id, body"};
constexpr Table kCallTotals{"call_totals",
                            "role, planned, sent, done, failed, unknown, tokens_in, tokens_out, "
                            "tokens_cached, cost, unknown_cost, reserved"};
constexpr Table kInstructions{"instructions",
                              "id, stage_id, text, kind, origin, round, parent_id, call_id, kind_source, "
                              "kind_confidence"};
constexpr Table kAnswers{"answers",
                         "stage_id, instruction_id, text, finish, tokens_in, tokens_out, call_id, text_sum, "
                         "reasoning"};
constexpr Table kTeacherAnswers{"teacher_answers",
                                "stage_id, instruction_id, text, finish, tokens_in, tokens_out, call_id, "
                                "text_sum, reasoning"};
constexpr Table kVerdicts{
    "verdicts", "stage_id, instruction_id, student_first, teacher_score, student_score, reason, call_id"};
constexpr Table kDrops{"drops", "id, stage_id, instruction_id, reason, detail, failed"};
constexpr Table kMetrics{"metrics", "stage_id, name, value"};
constexpr Table kBatches{"batches", "id, mark, endpoint, state, remote_id, intended_ms, keys"};
constexpr Table kTables[] = {kStages,  kCalls,          kRequests, kReplies, kCallTotals, kInstructions,
                             kAnswers, kTeacherAnswers, kVerdicts, kDrops,   kMetrics,    kBatches};

// Binds the columns in their order. Replaces: a row of the same key goes.
enum class Repeated { IsOurBug, Replaces };
std::string insert_sql(const Table& table, Repeated repeated = Repeated::IsOurBug);
// "SELECT <whether the row is intact>, <columns> FROM table <rest>": column 0 is for next_intact.
std::string select_sql(const Table& table, std::string_view rest);
// Steps to the next row of a select_sql; throws RunError(Malformed) when its sum does not match.
bool next_intact(Query& query, const Table& table);
// Ends a read of what cannot be: the file is damaged.
[[noreturn]] void throw_damaged(const Table& table);

}  // namespace retort
