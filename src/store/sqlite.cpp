#include "store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "base/hash.h"

namespace retort {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// Every value of a row, with its type, into 64 bits: mix64 is a bijection in either argument, so one changed
// word always changes the sum.
class RowSum {
 public:
  void add(sqlite3_value* value) {
    int type = sqlite3_value_type(value);
    word(static_cast<uint64_t>(type));
    if (type == SQLITE_INTEGER) {
      word(static_cast<uint64_t>(sqlite3_value_int64(value)));
    } else if (type == SQLITE_FLOAT) {
      double real = sqlite3_value_double(value);
      uint64_t bits;
      std::memcpy(&bits, &real, sizeof bits);
      word(bits);
    } else if (type != SQLITE_NULL) {
      const void* data = type == SQLITE_TEXT ? sqlite3_value_text(value) : sqlite3_value_blob(value);
      bytes(static_cast<const char*>(data), static_cast<size_t>(sqlite3_value_bytes(value)));
    }
  }
  int64_t sum() const { return static_cast<int64_t>(sum_); }

 private:
  void word(uint64_t value) { sum_ = mix64(sum_, value); }
  void bytes(const char* data, size_t size) {
    word(size);
    for (size_t i = 0; i < size; i += 8) {
      uint64_t value = 0;
      std::memcpy(&value, data + i, std::min<size_t>(8, size - i));
      word(value);
    }
  }
  uint64_t sum_ = 0x7265746F72740001ull;
};

void row_sum(sqlite3_context* context, int count, sqlite3_value** values) {
  RowSum sum;
  for (int i = 0; i < count; ++i) sum.add(values[i]);
  sqlite3_result_int64(context, sum.sum());
}

bool means_full(int errno_value) {
  return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG;
}

// The errno behind an I/O error; 0 when SQLite does not know it. It keeps one per open file: look at the
// database and at its log.
int last_errno(sqlite3* connection) {
  int found = 0;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &found);
  sqlite3_file* log = nullptr;
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK ||
      log == nullptr || log->pMethods == nullptr)
    return found;
  int in_log = 0;
  log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &in_log);
  return in_log != 0 ? in_log : found;
}

struct Advice {
  ErrorCode code;
  std::string_view text;
};

Advice advice_for(int code, int system_errno) {
  if ((code & 0xFF) == SQLITE_FULL || means_full(system_errno))
    return {ErrorCode::DiskFull,
            "no space left; free some and run the same command again, what was stored before is safe"};
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::Malformed, "the file is damaged or no run store; put back a copy of the run folder"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::Locked, "another program writes to this file; close it and run again"};
    case SQLITE_NOMEM:
      return {ErrorCode::OutOfMemory, "free some memory and run again"};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::Unreadable, "check the permissions of the file and of its folder"};
    default:
      return {ErrorCode::Unreadable, "check the disk, then run the same command again"};
  }
}

}  // namespace

Query::Query(Database& database, sqlite3_stmt* statement, bool* busy)
    : database_(&database), statement_(statement), busy_(busy) {}

Query::Query(Query&& other) noexcept
    : database_(other.database_), statement_(other.statement_), busy_(other.busy_), bound_(other.bound_) {
  other.statement_ = nullptr;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  if (busy_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  *busy_ = false;
}

bool Query::next() {
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->fail(code, sqlite3_stmt_readonly(statement_) ? "read" : "write to");
  return false;
}

Query::Type Query::type(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return Type::Integer;
    case SQLITE_FLOAT:
      return Type::Real;
    case SQLITE_TEXT:
      return Type::Text;
    case SQLITE_BLOB:
      return Type::Blob;
    default:
      return Type::Null;
  }
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Query::text(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string()
                         : std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

std::optional<double> Query::real_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}
std::optional<int64_t> Query::integer_or_null(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

void Query::bind(Bytes, int64_t value) {
  int code = sqlite3_bind_int64(statement_, ++bound_, value);
  if (code != SQLITE_OK) database_->fail(code, "bind a value");
}
void Query::bind(Bytes, double value) {
  int code = sqlite3_bind_double(statement_, ++bound_, value);
  if (code != SQLITE_OK) database_->fail(code, "bind a value");
}
void Query::bind(Bytes, std::nullopt_t) {
  int code = sqlite3_bind_null(statement_, ++bound_);
  if (code != SQLITE_OK) database_->fail(code, "bind a value");
}
void Query::bind(Bytes bytes, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  int code = sqlite3_bind_text64(statement_, ++bound_, data, text.size(),
                                 bytes == Bytes::Copy ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_->fail(code, "bind a value");
}
void Query::bind(Bytes bytes, Blob blob) {
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  int code = sqlite3_bind_blob64(statement_, ++bound_, data, blob.bytes.size(),
                                 bytes == Bytes::Copy ? SQLITE_TRANSIENT : SQLITE_STATIC);
  if (code != SQLITE_OK) database_->fail(code, "bind a value");
}

Database::Database(const Path& file, Access access, Clock& clock)
    : file_(file), access_(access), clock_(clock) {
  int flags = access == Access::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  int code = sqlite3_open_v2(file.c_str(), &connection_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             nullptr);
  try {
    if (code != SQLITE_OK) fail(code, "open");
    sqlite3_busy_timeout(connection_, kBusyTimeoutMs);
    // A run folder may come from somebody else: its schema gets no say in what runs.
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_create_function_v2(connection_, "row_sum", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                               row_sum, nullptr, nullptr, nullptr);
    // Keys arrive in any order: at ten million calls their tree needs more than the default of 2 MB.
    execute(
        "PRAGMA mmap_size = 0; PRAGMA cache_size = -65536; PRAGMA foreign_keys = ON; PRAGMA cell_size_check "
        "= ON;",
        "set up");
  } catch (...) {
    sqlite3_close(connection_);
    throw;
  }
}

Database::~Database() {
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.statement);
  sqlite3_close(connection_);
}

void Database::execute(const std::string& sql, std::string_view attempted) {
  int code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, attempted);
}

sqlite3_stmt* Database::compile(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(code, "read the schema");
  return statement;
}

Query Database::prepare(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end())
    found = statements_.emplace(std::string(sql), Cached{compile(sql), false}).first;
  Cached& cached = found->second;
  // A loop inside a loop over the same statement gets its own.
  if (cached.busy) return Query(*this, compile(sql), nullptr);
  cached.busy = true;
  return Query(*this, cached.statement, &cached.busy);
}

void Database::require_transaction(std::string_view sql) const {
  RETORT_CHECK(in_transaction(), "a write outside of a transaction: {}", sql);
}

void Database::transaction(const std::function<void()>& body) {
  RETORT_CHECK(access_ == Access::Write, "a write to a store that was opened to read");
  if (depth_ > 0) {
    body();
    return;
  }
  if (write_failed_)
    throw RunError(
        ErrorCode::Unreadable,
        format("{}: an earlier write failed, and what it left is unknown; run the same command again",
               file_.string()));
  execute("BEGIN IMMEDIATE", "begin to write to");
  depth_ = 1;
  try {
    body();
    execute("COMMIT", "commit to");
  } catch (...) {
    roll_back();
    throw;
  }
  depth_ = 0;
}

void Database::roll_back() {
  depth_ = 0;
  ++rollbacks_;
  // SQLite may have rolled back by itself; then this fails, and nothing is lost by that.
  sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
}

int64_t Database::changed_rows() const { return sqlite3_changes64(connection_); }

int64_t Database::random_number() {
  uint64_t bits = 0;
  sqlite3_randomness(sizeof bits, &bits);
  return static_cast<int64_t>(bits >> 1);
}

std::string Database::version() { return sqlite3_libversion(); }

void Database::fail(int code, std::string_view attempted) {
  std::string said = connection_ != nullptr ? sqlite3_errmsg(connection_) : sqlite3_errstr(code);
  bool is_io = (code & 0xFF) == SQLITE_IOERR && connection_ != nullptr;
  int system_errno = is_io ? last_errno(connection_) : 0;
  RETORT_CHECK((code & 0xFF) != SQLITE_CONSTRAINT && (code & 0xFF) != SQLITE_MISUSE &&
                   (code & 0xFF) != SQLITE_RANGE && (code & 0xFF) != SQLITE_MISMATCH,
               "{}: {}", attempted, said);
  if (in_transaction()) write_failed_ = true;
  Advice advice = advice_for(code, system_errno);
  std::string cause = system_errno != 0 ? format(" ({})", std::strerror(system_errno)) : "";
  throw RunError(advice.code,
                 format("cannot {} {}: {}{}; {}", attempted, file_.string(), said, cause, advice.text));
}

}  // namespace retort
