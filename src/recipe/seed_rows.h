// The rows that a run starts from: the user's files, then those of the practice world.
#pragma once

#include <functional>

#include "data/rows.h"
#include "recipe/run_file.h"

namespace retort {

// Throws RunError for a file that cannot be read.
void for_each_seed_row(const RunFile& file, const std::function<void(const DataRow&)>& row,
                       const std::function<void(const BadRow&)>& bad);

}  // namespace retort
