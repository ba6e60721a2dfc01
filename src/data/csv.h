// Comma-separated values as RFC 4180 has them: the first record names the columns; a cell in quotes may hold
// commas, quotes (doubled) and line breaks. Read as a stream, one record at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace retort {

struct CsvRecord {
  size_t line = 1;  // where it begins, from 1
  std::vector<std::string> cells;
  bool too_long = false;  // more bytes than allowed; its cells are cut
  std::string fault;      // what is wrong with its quotes; empty: nothing
};

class CsvSplitter {
 public:
  using Visit = std::function<Result<void>(const CsvRecord&)>;
  CsvSplitter(size_t record_bytes_max, Visit visit)
      : record_bytes_max_(record_bytes_max), visit_(std::move(visit)) {}
  // Stops at the visitor's first error. Blank lines are no records.
  Result<void> feed(std::string_view bytes);
  // The last record needs no line break; one whose quotes are open is at fault.
  Result<void> finish();

 private:
  enum class State { CellStart, Plain, Quoted, QuoteInQuoted };
  Result<void> take(char c);
  Result<void> end_record();
  void keep(char c);
  void end_cell();

  size_t record_bytes_max_;
  Visit visit_;
  State state_ = State::CellStart;
  CsvRecord record_;
  std::string cell_;
  size_t bytes_ = 0, line_ = 1;
};

// A record with its line break; cells in quotes where they must be.
std::string csv_record(const std::vector<std::string>& cells);

}  // namespace retort
