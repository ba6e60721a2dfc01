#include "data/rows.h"

#include <fstream>

#include "base/utf8.h"
#include "data/row_splitter.h"

namespace retort {
namespace {

// A file of which so many rows are bad, and fewer good, is not what it was taken for.
constexpr int64_t kBadRowsHopeless = 1'000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Result<DataRow> parse_row(const RowSplitter::Row& row, size_t row_bytes_max) {
  if (row.too_long) return Error{ErrorCode::Malformed, format("longer than {} bytes", row_bytes_max)};
  if (!valid_utf8(row.text)) return Error{ErrorCode::Malformed, "not UTF-8"};
  return make_row(RETORT_TRY(parse_json(row.text)));
}

// Hands on what is good, counts and reports what is bad.
class RowReader {
 public:
  RowReader(const Path& path, const std::function<void(const DataRow&)>& row,
            const std::function<void(const BadRow&)>& bad, size_t row_bytes_max)
      : path_(path), row_(row), bad_(bad), row_bytes_max_(row_bytes_max) {}

  Result<void> take(const RowSplitter::Row& row) {
    Result<DataRow> parsed = parse_row(row, row_bytes_max_);
    if (parsed) {
      ++counts_.rows;
      row_(*parsed);
      return {};
    }
    BadRow bad{.line = row.line,
               .message = format("{}:{}: {}", path_.string(), row.line, parsed.error().message)};
    if (++counts_.bad == 1) first_ = bad.message;
    bad_(bad);
    if (counts_.bad >= kBadRowsHopeless && counts_.bad > counts_.rows) return too_many();
    return {};
  }

  Result<RowCounts> finish() const {
    int64_t all = counts_.rows + counts_.bad;
    if (counts_.bad > 1 && counts_.bad * 100 > all) return too_many();
    return counts_;
  }

 private:
  Error too_many() const {
    return {ErrorCode::Malformed,
            format("{}; {} of {} rows are bad, more than 1 %: repair the file, or name another", first_,
                   counts_.bad, counts_.rows + counts_.bad)};
  }
  const Path& path_;
  const std::function<void(const DataRow&)>& row_;
  const std::function<void(const BadRow&)>& bad_;
  size_t row_bytes_max_;
  RowCounts counts_;
  std::string first_;
};

Result<void> split_file(const Path& path, RowSplitter& splitter) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return system_error("read", path, EISDIR);
  std::ifstream in(path, std::ios::binary);
  if (!in) return system_error("open", path, errno != 0 ? errno : EIO);
  std::string chunk(size_t{1} << 16, '\0');
  for (bool is_first = true; in; is_first = false) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    std::string_view bytes(chunk.data(), static_cast<size_t>(in.gcount()));
    if (is_first && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    RETORT_TRY(splitter.feed(bytes));
  }
  if (in.bad()) return system_error("read", path, EIO);
  return splitter.finish();
}

}  // namespace

Result<RowCounts> read_rows(const Path& path, const std::function<void(const DataRow&)>& row,
                            const std::function<void(const BadRow&)>& bad, size_t row_bytes_max) {
  RowReader reader(path, row, bad, row_bytes_max);
  RowSplitter splitter(path.string(), row_bytes_max,
                       [&](const RowSplitter::Row& r) { return reader.take(r); });
  RETORT_TRY(split_file(path, splitter));
  return reader.finish();
}

}  // namespace retort
