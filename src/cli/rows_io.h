// What the commands of `retort data` share that work on files of rows: reading all of one, writing one.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/rows.h"

namespace retort {

// Bad rows are told on standard error and left out. Throws RunError.
std::vector<DataRow> read_all_rows(const std::string& path);
// instruction, output (where there is one) and kind (where there is one).
Json row_json(const DataRow& row);

// JSON lines on standard output, or in a file. Throws RunError.
class LineWriter {
 public:
  explicit LineWriter(const std::string& path);
  void write(const Json& line);
  void finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const {
      if (file != stdout) std::fclose(file);
    }
  };
  std::string name_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace retort
