// The one door to SQLite: a connection, prepared statements that are kept, and transactions. Every error is a
// RunError that names the file and says what to do; a violated constraint is our bug and aborts. The SQL text
// handed in must be a constant of the program: values are always bound.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"

struct sqlite3;
struct sqlite3_stmt;

namespace retort {

// Bytes that bind as BLOB; strings bind as TEXT.
struct Blob {
  std::string_view bytes;
};

// One execution of a statement; the statement goes back to its connection at the end of the scope.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  // Steps to the next row; false at the end. Columns are valid until the next step.
  bool next();
  enum class Type { Null, Integer, Real, Text, Blob };
  Type type(int column) const;
  bool is_null(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  // the bytes of a TEXT or BLOB
  std::optional<double> real_or_null(int column) const;
  std::optional<int64_t> integer_or_null(int column) const;

 private:
  friend class Database;
  // Whether bound bytes are copied or stay the caller's until the end of the scope.
  enum class Bytes { Copy, Borrow };
  Query(class Database& database, sqlite3_stmt* statement, bool* busy);
  void bind(Bytes bytes, int64_t value);
  void bind(Bytes bytes, int value) { bind(bytes, int64_t{value}); }
  void bind(Bytes bytes, double value);
  void bind(Bytes bytes, std::string_view text);
  void bind(Bytes bytes, const std::string& text) { bind(bytes, std::string_view(text)); }
  void bind(Bytes bytes, const char* text) { bind(bytes, std::string_view(text)); }
  void bind(Bytes bytes, Blob blob);
  void bind(Bytes bytes, std::nullopt_t);
  template <class T>
  void bind(Bytes bytes, const std::optional<T>& value) {
    value ? bind(bytes, *value) : bind(bytes, std::nullopt);
  }

  Database* database_;
  sqlite3_stmt* statement_;
  bool* busy_;  // the cache's mark, or null: this statement is ours to finalize
  int bound_ = 0;
};

class Database {
 public:
  enum class Access { Write, Read };
  // Write creates the file where it is missing. Throws RunError. `clock` outlives it.
  Database(const Path& file, Access access, Clock& clock = system_clock());
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Statements without values: pragmas and the schema. `attempted` is for the message ("set up").
  void execute(const std::string& sql, std::string_view attempted);
  template <class... Args>
  Query query(std::string_view sql, const Args&... args) {
    Query query = prepare(sql);
    (query.bind(Query::Bytes::Copy, args), ...);
    return query;
  }
  // A write: requires a transaction.
  template <class... Args>
  void run(std::string_view sql, const Args&... args) {
    require_transaction(sql);
    Query query = prepare(sql);
    (query.bind(Query::Bytes::Borrow, args), ...);
    while (query.next()) {
    }
  }
  // The first column of the first row; 0 when there is none.
  template <class... Args>
  int64_t integer(std::string_view sql, const Args&... args) {
    Query row = query(sql, args...);
    return row.next() ? row.integer(0) : 0;
  }

  // Runs `body` between BEGIN IMMEDIATE and COMMIT; an inner one joins the outer. An exception from `body`
  // rolls back and goes on. An error of SQLite itself inside a transaction ends all writing through this
  // object, because after a failed COMMIT nobody knows what the file holds.
  void transaction(const std::function<void()>& body);
  bool in_transaction() const { return depth_ > 0; }
  // Grows with every roll-back: what was remembered of the tables is void then.
  int64_t rollbacks() const { return rollbacks_; }
  int64_t changed_rows() const;  // by the last statement that wrote

  Access access() const { return access_; }
  const Path& file() const { return file_; }
  int64_t now_ms() { return clock_.wall_ms(); }  // what rows are stamped with
  static std::string version();
  // >= 0, from the system's entropy (or a simulated disk's).
  static int64_t random_number();

 private:
  friend class Query;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool busy = false;
  };
  Query prepare(std::string_view sql);
  sqlite3_stmt* compile(std::string_view sql);
  void require_transaction(std::string_view sql) const;
  void roll_back();
  [[noreturn]] void fail(int code, std::string_view attempted);

  Path file_;
  Access access_;
  Clock& clock_;
  sqlite3* connection_ = nullptr;
  std::map<std::string, Cached, std::less<>> statements_;
  int depth_ = 0;
  int64_t rollbacks_ = 0;
  bool write_failed_ = false;
};

}  // namespace retort
