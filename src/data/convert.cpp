#include "data/convert.h"

#include <optional>

#include "base/atomic_file.h"
#include "base/format.h"
#include "data/csv.h"
#include "data/parquet.h"
#include "data/source.h"

namespace retort {
namespace {

// Writes rows into their container.
class RowWriter {
 public:
  RowWriter(AtomicFile& file, const Path& out, std::string container, RowShape shape)
      : file_(file), name_(out.string()), container_(std::move(container)), shape_(shape) {}

  Result<void> begin() {
    if (container_ == ".parquet") parquet_.emplace(RETORT_TRY(ParquetWriter::create(column_types(), name_)));
    if (container_ == ".json") return file_.write("[");
    if (container_ == ".csv") return file_.write(csv_record(columns()));
    return {};
  }
  Result<void> write(const Json& row) {
    if (parquet_) return file_.write(RETORT_TRY(parquet_->write(row)));
    if (container_ == ".csv") return file_.write(csv_record(cells(row)));
    if (container_ == ".json") return file_.write(format("{}\n{}", rows_++ == 0 ? "" : ",", row.dump()));
    return file_.write(row.dump() + "\n");
  }
  Result<void> end() {
    if (parquet_) return file_.write(RETORT_TRY(parquet_->finish()));
    return container_ == ".json" ? file_.write("\n]\n") : Result<void>();
  }

 private:
  std::vector<std::string> columns() const {
    if (shape_ == RowShape::Alpaca) return {"instruction", "input", "output", "system", "kind"};
    return {shape_ == RowShape::ShareGpt ? "conversations" : "messages", "kind"};
  }
  // As parquet_seam.h has them.
  Json column_types() const {
    Json types = Json::object();
    for (const std::string& column : columns()) types.set(column, "text");
    if (shape_ == RowShape::ShareGpt) types.set("conversations", Json(Json::Array{"from", "value"}));
    if (shape_ == RowShape::Messages) types.set("messages", Json(Json::Array{"role", "content"}));
    return types;
  }
  std::vector<std::string> cells(const Json& row) const {
    std::vector<std::string> cells;
    for (const std::string& column : columns()) {
      const Json* member = row.find(column);
      cells.push_back(member == nullptr     ? ""
                      : member->is_string() ? std::string(member->string_or(""))
                                            : member->dump());
    }
    return cells;
  }

  AtomicFile& file_;
  std::string name_;
  std::string container_;
  RowShape shape_;
  std::optional<ParquetWriter> parquet_;
  int64_t rows_ = 0;
};

Result<std::string> container_of(const Path& in, const Path& out) {
  const std::string extension = out.extension().string();
  if (extension != ".jsonl" && extension != ".json" && extension != ".csv" && extension != ".parquet")
    return Error{
        ErrorCode::InvalidArgument,
        format("{} does not say what it is to be; call it .jsonl, .json, .csv or .parquet", out.string())};
  std::error_code error;
  if (std::filesystem::equivalent(in, out, error))
    return Error{ErrorCode::InvalidArgument,
                 format("{} would be written over itself; name another file", in.string())};
  return extension;
}

}  // namespace

Result<ConvertCounts> convert_rows(const Path& in, const Path& out, RowShape shape,
                                   const std::function<void(const std::string&)>& bad) {
  const std::string container = RETORT_TRY(container_of(in, out));
  std::error_code error;
  if (!std::filesystem::exists(in, error)) return system_error("open", in, ENOENT);
  AtomicFile file = RETORT_TRY(AtomicFile::create(out));
  RowWriter writer(file, out, container, shape);
  RETORT_TRY(writer.begin());
  ConvertCounts counts;
  std::string first;
  RETORT_TRY(read_source(in, [&](const SourceRow& row) -> Result<void> {
    Result<TrainingRow> read =
        row.json ? make_training_row(*row.json) : Result<TrainingRow>(row.json.error());
    Result<Json> json = read ? training_row_json(*read, shape) : Result<Json>(read.error());
    if (json) {
      ++counts.rows;
      return writer.write(*json);
    }
    const std::string message = format("{}: {}", row.where(), json.error().message);
    if (++counts.bad == 1) first = message;
    bad(message);
    return {};
  }));
  if (counts.bad > 1 && counts.bad * 100 > counts.bad + counts.rows)
    return Error{ErrorCode::Malformed, format("{}; {} of {} rows are bad, more than 1 %: nothing was written",
                                              first, counts.bad, counts.bad + counts.rows)};
  RETORT_TRY(writer.end());
  RETORT_TRY(file.commit());
  return counts;
}

}  // namespace retort
