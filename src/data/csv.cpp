#include "data/csv.h"

#include <utility>

namespace retort {

void CsvSplitter::keep(char c) {
  if (++bytes_ > record_bytes_max_)
    record_.too_long = true;
  else
    cell_ += c;
}

void CsvSplitter::end_cell() {
  record_.cells.push_back(std::exchange(cell_, {}));
  state_ = State::CellStart;
}

Result<void> CsvSplitter::end_record() {
  const bool blank = record_.cells.empty() && cell_.empty() && state_ == State::CellStart;
  end_cell();
  const CsvRecord record = std::exchange(record_, {});
  record_.line = line_;
  bytes_ = 0;
  return blank ? Result<void>() : visit_(record);
}

Result<void> CsvSplitter::take(char c) {
  if (c == '\n') ++line_;
  if (state_ == State::Quoted) {
    if (c == '"')
      state_ = State::QuoteInQuoted;
    else
      keep(c);
    return {};
  }
  if (c == '"' && state_ != State::Plain) {
    if (state_ == State::QuoteInQuoted) keep('"');
    state_ = State::Quoted;
    return {};
  }
  if (c == ',') return end_cell(), Result<void>();
  if (c == '\n') return end_record();
  if (c == '\r') return {};  // of a line break; elsewhere it stands in quotes
  if (c == '"' || state_ == State::QuoteInQuoted)
    record_.fault = c == '"' ? "a quote inside a cell without quotes" : "text after a closing quote";
  state_ = state_ == State::QuoteInQuoted ? State::QuoteInQuoted : State::Plain;
  keep(c);
  return {};
}

Result<void> CsvSplitter::feed(std::string_view bytes) {
  for (char c : bytes) RETORT_TRY(take(c));
  return {};
}

Result<void> CsvSplitter::finish() {
  if (state_ == State::Quoted) record_.fault = "a quote is never closed";
  if (record_.cells.empty() && cell_.empty() && state_ == State::CellStart) return {};
  return end_record();
}

std::string csv_record(const std::vector<std::string>& cells) {
  std::string out;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    // A lone empty cell would be a blank line.
    if (!cells[i].empty() ? cells[i].find_first_of(",\"\r\n") == std::string::npos : cells.size() > 1) {
      out += cells[i];
      continue;
    }
    out += '"';
    for (char c : cells[i]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\n";
}

}  // namespace retort
