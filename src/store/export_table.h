// Any table of a run store as JSON rows, a page at a time: memory stays small, and a run that works meanwhile
// is not held up. Bodies come unpacked, keys as hex, every row's sum is checked.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/json.h"

namespace retort {

// The tables of docs/formats/run_db.md, and "dataset": instruction, output, kind, origin, round and the
// teacher's finish reason of every instruction that the teacher answered.
std::vector<std::string> exported_tables();

// Calls `row` for each, in the order of their keys, and gives their number. NotFound where there is no run,
// InvalidArgument names the tables; throws RunError(Malformed) at a damaged row.
Result<int64_t> export_table(const Path& run_folder, std::string_view table,
                             const std::function<void(const Json& row)>& row);

}  // namespace retort
