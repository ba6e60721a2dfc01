// What the commands of `retort data` share that work on files of rows: reading all of one, writing one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/json.h"
#include "data/rows.h"

namespace retort {

// Bad rows are told on standard error and left out. Throws RunError.
std::vector<DataRow> read_all_rows(const std::string& path);
// instruction, output (where there is one) and kind (where there is one).
Json row_json(const DataRow& row);

// JSON lines on standard output (no path, -, or /dev/stdout), or in a file that is there whole after finish()
// and untouched before. Throws RunError.
class LineWriter {
 public:
  explicit LineWriter(const std::string& path);
  void write(const Json& line);
  void finish();

 private:
  void flush();

  std::optional<AtomicFile> file_;
  std::string lines_;  // not yet written
};

}  // namespace retort
