// Instruction rows from a user's file: JSON lines, one JSON array of objects, CSV, Parquet, or a folder of
// such files (source.h). Read as a stream: the file is never in memory as a whole. A bad row is reported with
// file and line and skipped; a file with too many of them is refused.
//
// The shapes of a row (the first that fits; other members are ignored):
//   {"instruction": "..", "input": "..", "output": "..", "kind": ".."}   input and what follows may be absent
//   {"prompt": "..", "completion": ".."}
//   {"messages": [{"role": "user", "content": ".."}, {"role": "assistant", "content": ".."}]}
//   {"conversations": [{"from": "human", "value": ".."}, {"from": "gpt", "value": ".."}]}    ShareGPT
//   {"text": ".."}
// `input` is merged into the instruction: instruction + "\n" + input. `kind` goes with every shape. An empty
// or absent output is none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/file.h"
#include "base/json.h"

namespace retort {

struct DataRow {
  std::string instruction;
  std::string kind;    // empty where the row does not say
  std::string output;  // the row's own answer, where it has one
  bool has_output = false;
};

struct BadRow {
  size_t line = 0;      // from 1; in an array, where the element begins
  std::string message;  // "rows.jsonl:17: not a JSON object"
};

struct RowCounts {
  int64_t rows = 0, bad = 0;  // blank lines are neither
};

// A row from its JSON; Malformed with what is wrong with it ("no instruction").
Result<DataRow> make_row(const Json& json);

// Calls `row` and `bad` in the order of the file. Malformed, naming the first bad row, when more than one row
// and more than 1 % are bad: known at the end only, so what `row` was given before is for the caller to
// discard; or early, once 1,000 are bad and fewer are good. A row of more than `row_bytes_max` is bad. Errors
// also as read_file; an array that ends before its "]" is Malformed.
Result<RowCounts> read_rows(const Path& path, const std::function<void(const DataRow&)>& row,
                            const std::function<void(const BadRow&)>& bad,
                            size_t row_bytes_max = size_t{16} << 20);

}  // namespace retort
