// Rows of one file in the shape and the container of another: JSON lines, a JSON array, CSV or
// Parquet, as the name of the new file says.
#pragma once

#include <cstdint>
#include <functional>

#include "base/file.h"
#include "data/training_row.h"

namespace retort {

struct ConvertCounts {
  int64_t rows = 0, bad = 0;  // written; told to `bad` and left out
};

// `bad` gets "rows.csv:17: ...". The new file appears whole or not at all: Malformed, naming the first, when
// more than one row and more than 1 % are bad, or the file is broken. InvalidArgument when the new file's
// name says nothing (.jsonl, .json, .csv or .parquet), or it is the old one.
Result<ConvertCounts> convert_rows(const Path& in, const Path& out, RowShape shape,
                                   const std::function<void(const std::string&)>& bad);

}  // namespace retort
