// Files of rows, whatever they are, as JSON objects one by one and in order: JSON lines, one JSON array, CSV
// (a member a column, as text; cells of "messages" and "conversations" as JSON), or a folder of such files as
// Hugging Face data sets have them. What is read is a stream: no file is in memory as a whole.
#pragma once

#include <functional>
#include <string>

#include "base/file.h"
#include "base/json.h"

namespace retort {

struct SourceRow {
  const Path& file;
  size_t line = 0;    // from 1: where the row begins
  Result<Json> json;  // an Error: what is wrong with the row alone
};

// Of a folder the files of its training split ("train" in their names, or in their folder's), or all where
// none says so, in the order of their names. InvalidArgument for Parquet and Arrow, with the command that
// makes JSON lines of them; Malformed where the file as a whole is broken. Stops at the visitor's first
// error.
Result<void> read_source(const Path& path, const std::function<Result<void>(const SourceRow&)>& visit,
                         size_t row_bytes_max = size_t{16} << 20);

}  // namespace retort
