// Is the file sound? A check that every Write open can afford, and the whole one for `doctor`.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite.h"

namespace retort {

// Above this size opening looks at the small tables and the newest rows only, and says so.
constexpr int64_t kQuickCheckBytesMax = int64_t{256} << 20;

// What is wrong with the trees of pages (not with what is in them), or nothing. Throws RunError where the
// file cannot be read at all.
std::vector<std::string> quick_check(Database& database, int64_t bytes_max = kQuickCheckBytesMax);

// Everything: SQLite's integrity and foreign keys, the sum of every row, the totals, the balances, a reply
// for every done call. Never throws for a damaged file: it says so in the list.
std::vector<std::string> full_check(Database& database);

}  // namespace retort
