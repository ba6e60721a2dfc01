#include "store/schema.h"

#include <algorithm>

namespace retort {
namespace {

// Every row ends with `sum` over its other columns (row_sum in sqlite.cpp), so that full_check sees a flipped
// bit that leaves the trees whole. Bodies stand apart from `calls`, so that a change of state does not write
// them again. Answers outlive a repeated stage and so name their instruction without a foreign key; text_sum
// tells whether that id still means the same text.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE stages(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, begun INTEGER NOT NULL,
  started_ms INTEGER NOT NULL, finished_ms INTEGER,
  count_in INTEGER, count_ok INTEGER, count_dropped INTEGER, count_failed INTEGER,
  note TEXT, sum INTEGER NOT NULL) STRICT;
CREATE TABLE calls(
  id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  endpoint TEXT NOT NULL, role TEXT NOT NULL, sample_index INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  attempts INTEGER NOT NULL, unknown_outcomes INTEGER NOT NULL, sent_by INTEGER,
  http_status INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL, error_code TEXT, error TEXT, changed_ms INTEGER NOT NULL,
  sum INTEGER NOT NULL) STRICT;
CREATE INDEX calls_not_done ON calls(state) WHERE state <> 2;
CREATE TABLE requests(
  call_id INTEGER PRIMARY KEY REFERENCES calls(id), body BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE replies(
  call_id INTEGER PRIMARY KEY REFERENCES calls(id), body BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE call_totals(
  role TEXT PRIMARY KEY, planned INTEGER NOT NULL, sent INTEGER NOT NULL, done INTEGER NOT NULL,
  failed INTEGER NOT NULL, unknown INTEGER NOT NULL, tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE instructions(
  id INTEGER PRIMARY KEY, stage_id INTEGER NOT NULL REFERENCES stages(id), text TEXT NOT NULL,
  kind TEXT NOT NULL, origin TEXT NOT NULL, round INTEGER NOT NULL,
  parent_id INTEGER REFERENCES instructions(id), call_id INTEGER REFERENCES calls(id),
  sum INTEGER NOT NULL) STRICT;
CREATE INDEX instructions_by_stage ON instructions(stage_id);
CREATE INDEX instructions_by_parent ON instructions(parent_id) WHERE parent_id IS NOT NULL;
CREATE TABLE answers(
  stage_id INTEGER NOT NULL REFERENCES stages(id), instruction_id INTEGER NOT NULL,
  text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  call_id INTEGER REFERENCES calls(id), text_sum INTEGER NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (stage_id, instruction_id)) STRICT;
CREATE INDEX answers_by_instruction ON answers(instruction_id);
CREATE TABLE teacher_answers(
  stage_id INTEGER NOT NULL REFERENCES stages(id), instruction_id INTEGER PRIMARY KEY,
  text TEXT NOT NULL, finish TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
  call_id INTEGER REFERENCES calls(id), text_sum INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE verdicts(
  stage_id INTEGER NOT NULL REFERENCES stages(id),
  instruction_id INTEGER NOT NULL REFERENCES instructions(id),
  student_first INTEGER NOT NULL CHECK (student_first IN (0, 1)),
  teacher_score REAL, student_score REAL, reason TEXT NOT NULL, call_id INTEGER REFERENCES calls(id),
  sum INTEGER NOT NULL, PRIMARY KEY (stage_id, instruction_id, student_first)) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_by_instruction ON verdicts(instruction_id);
CREATE TABLE drops(
  id INTEGER PRIMARY KEY, stage_id INTEGER NOT NULL REFERENCES stages(id),
  instruction_id INTEGER REFERENCES instructions(id), reason TEXT NOT NULL, detail TEXT NOT NULL,
  failed INTEGER NOT NULL CHECK (failed IN (0, 1)), sum INTEGER NOT NULL) STRICT;
CREATE INDEX drops_by_stage ON drops(stage_id, reason);
CREATE INDEX drops_by_instruction ON drops(instruction_id) WHERE instruction_id IS NOT NULL;
CREATE TABLE metrics(
  stage_id INTEGER NOT NULL REFERENCES stages(id), name TEXT NOT NULL, value REAL NOT NULL,
  sum INTEGER NOT NULL, PRIMARY KEY (stage_id, name)) STRICT, WITHOUT ROWID;
PRAGMA application_id = 1383354996;
)sql";
static_assert(kApplicationId == 1383354996);

// A new column stands behind `sum` in the file and counts in it from then on: an intact row gets its new sum,
// a damaged one keeps the old and stays damaged.

// Money: what calls cost, may have cost, and can still cost.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE calls ADD COLUMN tokens_cached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN unknown_cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_totals ADD COLUMN tokens_cached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_totals ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_totals ADD COLUMN unknown_cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_totals ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET sum = row_sum(
  id, key, endpoint, role, sample_index, state, attempts, unknown_outcomes, sent_by, http_status, tokens_in,
  tokens_out, latency_ms, error_code, error, changed_ms, tokens_cached, reserved, cost, unknown_cost)
  WHERE sum IS row_sum(
    id, key, endpoint, role, sample_index, state, attempts, unknown_outcomes, sent_by, http_status, tokens_in,
    tokens_out, latency_ms, error_code, error, changed_ms);
UPDATE call_totals SET sum = row_sum(
  role, planned, sent, done, failed, unknown, tokens_in, tokens_out, tokens_cached, cost, unknown_cost,
  reserved)
  WHERE sum IS row_sum(role, planned, sent, done, failed, unknown, tokens_in, tokens_out);
)sql";

// Batches: `keys` holds the 32-byte keys of its calls, one after the other.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE batches(
  id INTEGER PRIMARY KEY, mark TEXT NOT NULL UNIQUE, endpoint TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), remote_id TEXT NOT NULL,
  intended_ms INTEGER NOT NULL, keys BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE INDEX batches_open ON batches(endpoint) WHERE state <> 2;
)sql";

// What an answerer thought before its answer.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE answers ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';
ALTER TABLE teacher_answers ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';
UPDATE answers SET sum = row_sum(
  stage_id, instruction_id, text, finish, tokens_in, tokens_out, call_id, text_sum, reasoning)
  WHERE sum IS row_sum(stage_id, instruction_id, text, finish, tokens_in, tokens_out, call_id, text_sum);
UPDATE teacher_answers SET sum = row_sum(
  stage_id, instruction_id, text, finish, tokens_in, tokens_out, call_id, text_sum, reasoning)
  WHERE sum IS row_sum(stage_id, instruction_id, text, finish, tokens_in, tokens_out, call_id, text_sum);
)sql";

// Who said an instruction's kind, and how surely.
constexpr const char* kVersion5 = R"sql(
ALTER TABLE instructions ADD COLUMN kind_source TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE instructions ADD COLUMN kind_confidence REAL;
UPDATE instructions SET sum = row_sum(
  id, stage_id, text, kind, origin, round, parent_id, call_id, kind_source, kind_confidence)
  WHERE sum IS row_sum(id, stage_id, text, kind, origin, round, parent_id, call_id);
)sql";

// kMigrations[v] leads from user_version v to v + 1.
constexpr const char* kMigrations[] = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5};
static_assert(std::size(kMigrations) == kSchemaVersion);

int64_t user_version(Database& database) { return database.integer("PRAGMA user_version"); }

// Throws when this file is no run store, or one that this program cannot read.
void require_ours(Database& database) {
  int64_t application = database.integer("PRAGMA application_id");
  bool is_empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (application != kApplicationId && !(application == 0 && is_empty))
    throw RunError(ErrorCode::Mismatch, format("{} is a database of another program; name another run folder",
                                               database.file().string()));
  if (user_version(database) > kSchemaVersion)
    throw RunError(ErrorCode::Mismatch,
                   format("{} was written by a newer retort (schema {}, this one knows {}); use that version "
                          "or a newer one",
                          database.file().string(), user_version(database), kSchemaVersion));
}

void set_up_journal(Database& database) {
  Query mode = database.query("PRAGMA journal_mode = WAL");
  if (!mode.next() || mode.text(0) != "wal")
    throw RunError(ErrorCode::Unreadable,
                   format("{}: this file system cannot keep a write-ahead log (no shared "
                          "memory); use a folder on a local disk",
                          database.file().string()));
  // After one large transaction the log would keep its size for the rest of the run.
  database.execute("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;", "set up");
}

void migrate(Database& database) {
  for (int64_t version = user_version(database); version < kSchemaVersion; ++version)
    database.transaction([&] {
      database.execute(kMigrations[version], "set up");
      database.execute(format("PRAGMA user_version = {}", version + 1), "set up");
    });
}

}  // namespace

void prepare_schema(Database& database) {
  require_ours(database);
  if (database.access() == Database::Access::Write) {
    set_up_journal(database);
    migrate(database);
  } else if (user_version(database) < kSchemaVersion) {
    throw RunError(
        ErrorCode::Mismatch,
        format("{} is not set up for this version of retort (schema {}, wanted {}); start the run once "
               "with `retort run`",
               database.file().string(), user_version(database), kSchemaVersion));
  }
}

std::string insert_sql(const Table& table, Repeated repeated) {
  std::string values;
  auto columns = 1 + std::count(table.columns.begin(), table.columns.end(), ',');
  for (int i = 1; i <= columns; ++i) values += format("{}?{}", i > 1 ? ", " : "", i);
  return format("INSERT {}INTO {} ({}, sum) VALUES ({}, row_sum({}))",
                repeated == Repeated::Replaces ? "OR REPLACE " : "", table.name, table.columns, values,
                values);
}

std::string select_sql(const Table& table, std::string_view rest) {
  return format("SELECT sum IS row_sum({}), {} FROM {} {}", table.columns, table.columns, table.name, rest);
}

bool next_intact(Query& query, const Table& table) {
  if (!query.next()) return false;
  if (query.integer(0) != 1) throw_damaged(table);
  return true;
}

void throw_damaged(const Table& table) {
  throw RunError(
      ErrorCode::Malformed,
      format("{}: a row of \"{}\" is damaged; `retort doctor` lists what is, put back a copy of the "
             "run folder",
             kStoreFile, table.name));
}

}  // namespace retort
