#include "data/source.h"

#include <algorithm>
#include <fstream>

#include "base/format.h"
#include "base/utf8.h"
#include "data/csv.h"
#include "data/parquet.h"
#include "data/row_splitter.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using Visit = std::function<Result<void>(const SourceRow&)>;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string lower_extension(const Path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

Result<void> feed_file(const Path& path, const std::function<Result<void>(std::string_view)>& feed) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return system_error("open", path, errno != 0 ? errno : EIO);
  std::string chunk(size_t{1} << 16, '\0');
  for (bool is_first = true; in; is_first = false) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    std::string_view bytes(chunk.data(), static_cast<size_t>(in.gcount()));
    if (is_first && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    RETORT_TRY(feed(bytes));
  }
  return in.bad() ? Result<void>(system_error("read", path, EIO)) : Result<void>();
}

Result<Json> parse_row(const RowSplitter::Row& row, size_t row_bytes_max) {
  if (row.too_long) return Error{ErrorCode::Malformed, format("longer than {} bytes", row_bytes_max)};
  if (!valid_utf8(row.text)) return Error{ErrorCode::Malformed, "not UTF-8"};
  return parse_json(row.text);
}

Result<void> read_json_rows(const Path& path, const Visit& visit, size_t row_bytes_max) {
  RowSplitter splitter(path.string(), row_bytes_max, [&](const RowSplitter::Row& row) {
    return visit({path, row.line, parse_row(row, row_bytes_max)});
  });
  RETORT_TRY(feed_file(path, [&](std::string_view bytes) { return splitter.feed(bytes); }));
  return splitter.finish();
}

Result<Json> object_of(const std::vector<std::string>& columns, const CsvRecord& record, size_t bytes_max) {
  if (!record.fault.empty()) return Error{ErrorCode::Malformed, record.fault};
  if (record.too_long) return Error{ErrorCode::Malformed, format("longer than {} bytes", bytes_max)};
  if (record.cells.size() != columns.size())
    return Error{ErrorCode::Malformed, format("{} cells, but the first line names {} columns",
                                              record.cells.size(), columns.size())};
  Json object = Json::object();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (record.cells[i].empty()) continue;
    if (!valid_utf8(record.cells[i])) return Error{ErrorCode::Malformed, "not UTF-8"};
    const bool nested = columns[i] == "messages" || columns[i] == "conversations";
    object.set(columns[i], nested ? RETORT_TRY(parse_json(record.cells[i])) : Json(record.cells[i]));
  }
  return object;
}

Result<void> read_csv(const Path& path, const Visit& visit, size_t row_bytes_max) {
  std::vector<std::string> columns;
  CsvSplitter splitter(row_bytes_max, [&](const CsvRecord& record) -> Result<void> {
    if (!columns.empty()) return visit({path, record.line, object_of(columns, record, row_bytes_max)});
    columns = record.cells;
    std::vector<std::string> sorted = columns;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end() || !record.fault.empty())
      return Error{ErrorCode::Malformed, format("{}:{}: the first line must name the columns, each once",
                                                path.string(), record.line)};
    return {};
  });
  RETORT_TRY(feed_file(path, [&](std::string_view bytes) { return splitter.feed(bytes); }));
  return splitter.finish();
}

Error no_arrow_reader(const Path& path) {
  const std::string name = path.string();
  const std::string folder = path.parent_path().string();
  return {
      ErrorCode::InvalidArgument,
      format("{} is Arrow, which retort does not read; make JSON lines of its data set: python3 -c \"import "
             "datasets; datasets.load_from_disk('{}').to_json('{}.jsonl')\"",
             name, folder, path.parent_path().filename().string())};
}

bool is_of_rows(const Path& path) {
  const std::string extension = lower_extension(path), name = path.filename().string();
  if (name == "dataset_info.json" || name == "dataset_infos.json" || name == "state.json" ||
      name == "dataset_dict.json")
    return false;
  return extension == ".jsonl" || extension == ".json" || extension == ".ndjson" || extension == ".csv" ||
         extension == ".parquet" || extension == ".arrow";
}

Result<std::vector<Path>> files_of(const Path& folder) {
  std::vector<Path> all, train;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    if (hidden && it->is_directory(error)) it.disable_recursion_pending();
    if (hidden || !it->is_regular_file(error) || !is_of_rows(it->path())) continue;
    all.push_back(it->path());
    const Path within = it->path().lexically_relative(folder);
    if (within.string().find("train") != std::string::npos) train.push_back(it->path());
  }
  if (error) return system_error("read", folder, error.value());
  std::vector<Path>& chosen = train.empty() ? all : train;
  if (chosen.empty())
    return Error{
        ErrorCode::NotFound,
        format("{} holds no file of rows (.jsonl, .json, .csv, .parquet); name a file, or another folder",
               folder.string())};
  std::sort(chosen.begin(), chosen.end());
  return std::move(chosen);
}

}  // namespace

std::string SourceRow::where() const {
  if (!row_group) return format("{}:{}", file.string(), line);
  return format("{}: row group {}, row {}", file.string(), *row_group, line);
}

Result<void> read_source(const Path& path, const Visit& visit, size_t row_bytes_max) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const Path& file : RETORT_TRY(files_of(path))) RETORT_TRY(read_source(file, visit, row_bytes_max));
    return {};
  }
  const std::string extension = lower_extension(path);
  if (extension == ".csv") return read_csv(path, visit, row_bytes_max);
  const bool exists = fs::exists(path, error);
  if (exists && extension == ".parquet") return read_parquet(path, visit, row_bytes_max);
  if (exists && extension == ".arrow") return no_arrow_reader(path);
  return read_json_rows(path, visit, row_bytes_max);
}

}  // namespace retort
