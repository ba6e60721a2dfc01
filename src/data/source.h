// Files of rows, whatever they are, as JSON objects one by one and in order: JSON lines, one JSON array, CSV
// (a member a column, as text; cells of "messages" and "conversations" as JSON), Parquet (parquet.h), or a
// folder of such files as Hugging Face data sets have them. What is read is a stream: no file is in memory as
// a whole.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/json.h"

namespace retort {

struct SourceRow {
  const Path& file;
  size_t line = 0;                                  // from 1: where the row begins
  Result<Json> json;                                // an Error: what is wrong with the row alone
  std::optional<int64_t> row_group = std::nullopt;  // of Parquet, from 0; `line` is then the row's number

  std::string where() const;  // "rows.jsonl:17", "rows.parquet: row group 0, row 17"
};

// Of a folder the files of its training split ("train" in their names, or in their folder's), or all where
// none says so, in the order of their names. InvalidArgument for Arrow, with the command
// that makes JSON lines of it, and as read_parquet; Malformed where the file as a whole is broken. Stops at
// the visitor's first error.
Result<void> read_source(const Path& path, const std::function<Result<void>(const SourceRow&)>& visit,
                         size_t row_bytes_max = size_t{16} << 20);

}  // namespace retort
