// Samples of a run, a page at a time and one in full, straight from the store's tables. A page is found by
// the row before it (keyset), never by counting, and looks at no more rows than a bound: with a rare filter
// it may hold few rows or none, and says from where to go on.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "store/sqlite.h"

namespace retort {

struct SampleFilter {
  int64_t after = 0;  // the id before the page's first
  int64_t limit = 50;
  std::string kind;           // a task ("sort") or a kind ("sort/2"); empty: any
  std::string origin;         // "seed", "hard", "easy", "same"; empty: any
  std::string verdict;        // "hard", "easy", "unjudged", "judged"; empty: any
  std::string text;           // in the instruction, case of a-z aside; empty: any
  std::optional<int> round;   // that brought it
  int64_t rows_max = 20'000;  // looked at
};
inline constexpr int64_t kSamplesMax = 200;

// The filter of a query ("after=12&kind=sort"); InvalidArgument names what cannot be.
Result<SampleFilter> parse_sample_filter(std::string_view query);
// {"rows": [...], "next": id or null}. A row's texts are cut to kTextBytesMax of a page, and say so.
Json samples_page(Database& database, const SampleFilter& filter);
// Everything of one: the whole texts, each round's answer and verdicts with the referee's words, the line of
// its parents up to the seed, what was written from it, and where it ended. NotFound without such a row.
Result<Json> sample_in_full(Database& database, int64_t id);

}  // namespace retort
