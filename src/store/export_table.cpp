#include "store/export_table.h"

#include <algorithm>

#include "store/call_log.h"
#include "store/compress.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace retort {
namespace {

constexpr int64_t kPage = 1'000;
constexpr size_t kKeyBytes = 32;
constexpr std::string_view kDataset = "dataset";

std::vector<std::string> names_of(std::string_view columns) {
  std::vector<std::string> names;
  while (!columns.empty()) {
    const size_t comma = std::min(columns.find(','), columns.size());
    std::string_view name = columns.substr(0, comma);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    names.emplace_back(name);
    columns.remove_prefix(std::min(comma + 1, columns.size()));
  }
  return names;
}

Json blob(const std::string& name, const std::string& bytes) {
  if (name == "body") return Json(or_throw(unpack_body(bytes)));
  if (name == "key") return Json(key_hex(bytes));
  Json keys = Json::array();
  for (size_t at = 0; at + kKeyBytes <= bytes.size(); at += kKeyBytes)
    keys.push(key_hex(std::string_view(bytes).substr(at, kKeyBytes)));
  return keys;
}

Json value(const Query& row, int column, const std::string& name) {
  switch (row.type(column)) {
    case Query::Type::Null:
      return Json();
    case Query::Type::Integer:
      return Json(row.integer(column));
    case Query::Type::Real:
      return Json(row.real(column));
    case Query::Type::Text:
      return Json(row.text(column));
    case Query::Type::Blob:
      return blob(name, row.text(column));
  }
  return Json();
}

// The rows of one table; columns 0 and 1 of its queries are whether the row is intact, and where to go on.
class Exporter {
 public:
  Exporter(Database& database, const Table& table, const std::function<void(const Json&)>& row)
      : database_(database), table_(table), names_(names_of(table.columns)), row_(row) {}

  int64_t by_rowid() {
    const std::string sql = sql_of("rowid", "WHERE rowid > ? ORDER BY rowid LIMIT ?");
    int64_t last = 0;
    for (int64_t got = kPage; got == kPage;) {
      Query query = database_.query(sql, last, kPage);
      for (got = 0; take(query); ++got) last = query.integer(1);
    }
    return count_;
  }

  // Verdicts, the one large table without row ids.
  int64_t by_verdict() {
    const std::string sql = sql_of("stage_id",
                                   "WHERE (stage_id, instruction_id, student_first) > (?, ?, ?) "
                                   "ORDER BY stage_id, instruction_id, student_first LIMIT ?");
    int64_t stage = 0, instruction = 0, order = 0;
    for (int64_t got = kPage; got == kPage;) {
      Query query = database_.query(sql, stage, instruction, order, kPage);
      for (got = 0; take(query); ++got) {
        stage = query.integer(2);
        instruction = query.integer(3);
        order = query.integer(4);
      }
    }
    return count_;
  }

  int64_t at_once() {
    Query query = database_.query(sql_of("0", ""));
    while (take(query)) continue;
    return count_;
  }

 private:
  std::string sql_of(std::string_view place, std::string_view rest) const {
    return format("SELECT sum IS row_sum({0}), {1}, {0} FROM {2} {3}", table_.columns, place, table_.name,
                  rest);
  }

  bool take(Query& query) {
    if (!next_intact(query, table_)) return false;
    Json json = Json::object();
    for (size_t i = 0; i < names_.size(); ++i)
      json.set(names_[i], value(query, static_cast<int>(i) + 2, names_[i]));
    row_(json);
    ++count_;
    return true;
  }

  Database& database_;
  const Table& table_;
  std::vector<std::string> names_;
  const std::function<void(const Json&)>& row_;
  int64_t count_ = 0;
};

int64_t export_dataset(Database& database, const std::function<void(const Json&)>& row) {
  constexpr std::string_view kSql =
      "SELECT i.id, i.text, t.text, i.kind, i.kind_source, i.origin, i.round, t.finish, i.kind_confidence "
      "FROM instructions i "
      "JOIN teacher_answers t ON t.instruction_id = i.id WHERE i.id > ? ORDER BY i.id LIMIT ?";
  int64_t last = 0, count = 0;
  for (int64_t got = kPage; got == kPage;) {
    Query query = database.query(kSql, last, kPage);
    for (got = 0; query.next(); ++got, ++count) {
      last = query.integer(0);
      Json json = Json::object();
      json.set("id", last).set("instruction", query.text(1)).set("output", query.text(2));
      json.set("kind", query.text(3)).set("kind_source", query.text(4));
      const std::optional<double> confidence = query.real_or_null(8);
      json.set("kind_confidence", confidence ? Json(*confidence) : Json()).set("origin", query.text(5));
      row(json.set("round", query.integer(6)).set("finish", query.text(7)));
    }
  }
  return count;
}

}  // namespace

std::vector<std::string> exported_tables() {
  std::vector<std::string> names = {std::string(kDataset)};
  for (const Table& table : kTables) names.emplace_back(table.name);
  return names;
}

Result<int64_t> export_table(const Path& run_folder, std::string_view name,
                             const std::function<void(const Json& row)>& row) {
  const std::vector<std::string> names = exported_tables();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    std::string all;
    for (const std::string& known : names) all += (all.empty() ? "" : ", ") + known;
    return Error{ErrorCode::InvalidArgument, format("there is no table \"{}\"; there are {}", name, all)};
  }
  if (std::error_code error; !std::filesystem::exists(run_folder / kStoreFile, error))
    return Error{ErrorCode::NotFound, format("there is no run in {} (no {}); check the folder's name",
                                             run_folder.string(), kStoreFile)};
  Database database(run_folder / kStoreFile, Database::Access::Read);
  prepare_schema(database);
  if (name == kDataset) return export_dataset(database, row);
  const Table& table = *std::find_if(std::begin(kTables), std::end(kTables),
                                     [&](const Table& known) { return known.name == name; });
  Exporter exporter(database, table, row);
  if (name == kVerdicts.name) return exporter.by_verdict();
  if (name == kMetrics.name || name == kCallTotals.name) return exporter.at_once();
  return exporter.by_rowid();
}

}  // namespace retort
