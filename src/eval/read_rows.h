// Rows of an official file: one JSON object a line, or one array of them.
#pragma once

#include <functional>

#include "base/file.h"
#include "base/json.h"

namespace retort {

// Rows are numbered from 1: by line, or by their place in the array. Malformed names file and row.
Result<void> read_json_rows(const Path& file,
                            const std::function<Result<void>(size_t row, const Json&)>& visit);

}  // namespace retort
