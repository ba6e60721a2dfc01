#include "data/rows.h"

#include "base/format.h"
#include "data/source.h"

namespace retort {
namespace {

// A file of which so many rows are bad, and fewer good, is not what it was taken for.
constexpr int64_t kBadRowsHopeless = 1'000;
// Hands on what is good, counts and reports what is bad.
class RowReader {
 public:
  RowReader(const std::function<void(const DataRow&)>& row, const std::function<void(const BadRow&)>& bad)
      : row_(row), bad_(bad) {}

  Result<void> take(const SourceRow& row) {
    Result<DataRow> parsed = row.json ? make_row(*row.json) : Result<DataRow>(row.json.error());
    if (parsed) {
      ++counts_.rows;
      row_(*parsed);
      return {};
    }
    BadRow bad{.line = row.line, .message = format("{}: {}", row.where(), parsed.error().message)};
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
  const std::function<void(const DataRow&)>& row_;
  const std::function<void(const BadRow&)>& bad_;
  RowCounts counts_;
  std::string first_;
};

}  // namespace

Result<RowCounts> read_rows(const Path& path, const std::function<void(const DataRow&)>& row,
                            const std::function<void(const BadRow&)>& bad, size_t row_bytes_max) {
  RowReader reader(row, bad);
  RETORT_TRY(read_source(
      path, [&](const SourceRow& one) { return reader.take(one); }, row_bytes_max));
  return reader.finish();
}

}  // namespace retort
