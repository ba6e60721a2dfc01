// Rows of an official file, by the one reader of rows (data/source.h).
#pragma once

#include <functional>

#include "base/file.h"
#include "base/json.h"

namespace retort {

// `number`: the row's place among all, from 1. An error, the visitor's too, ends the reading with file and
// line before it.
Result<void> read_json_rows(const Path& file,
                            const std::function<Result<void>(size_t number, const Json& row)>& visit);

}  // namespace retort
