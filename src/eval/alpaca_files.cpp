#include "eval/alpaca_files.h"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/format.h"
#include "base/words.h"
#include "eval/evaluate.h"
#include "eval/read_rows.h"

namespace retort {
namespace {

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else if (c != '\r')
      cells.back() += c;
  }
  return cells;
}

std::optional<double> number(const std::string& cell) {
  const std::string_view text = trim(cell);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace

Result<AlpacaFiles> read_alpaca_files(const Path& gamed_csv) {
  AlpacaFiles files;
  std::map<std::string, size_t> column;
  std::map<int64_t, double> difficulty;
  constexpr const char* kColumns[] = {"preference", "index", "std_delta_len", "instruction_difficulty"};
  RETORT_TRY(read_lines(gamed_csv, [&](size_t line, std::string_view text) -> Result<void> {
    if (trim(text).empty()) return {};
    const std::vector<std::string> cells = cells_of(text);
    if (column.empty()) {
      for (size_t i = 0; i < cells.size(); ++i) column[cells[i]] = i;
      for (const char* name : kColumns)
        if (column.count(name) == 0)
          return Error{ErrorCode::Malformed, format("{} has no column {}", gamed_csv.string(), name)};
      return {};
    }
    std::optional<double> values[4];
    for (int i = 0; i < 4; ++i)
      if (column.at(kColumns[i]) < cells.size()) values[i] = number(cells[column.at(kColumns[i])]);
    if (!values[1] || !values[2] || !values[3] || *values[1] < 0 || *values[1] > 1e6)
      return Error{ErrorCode::Malformed, format("{}:{}: no numbers", gamed_csv.string(), line)};
    difficulty[static_cast<int64_t>(*values[1])] = *values[3];
    // A judgement that is missing is left out of the fit.
    if (values[0]) files.gamed.push_back({*values[0], *values[2], *values[3]});
    return {};
  }));
  for (const auto& [index, value] : difficulty) {
    files.difficulty.resize(static_cast<size_t>(index) + 1, 0);
    files.difficulty[static_cast<size_t>(index)] = value;
  }
  if (files.gamed.empty()) return Error{ErrorCode::Malformed, format("{} has no rows", gamed_csv.string())};
  return files;
}

Result<std::vector<JudgedPair>> read_annotations(const Path& annotations_json, const AlpacaFiles& files) {
  std::vector<JudgedPair> pairs;
  RETORT_TRY(read_json_rows(annotations_json, [&](size_t number, const Json& row) -> Result<void> {
    const size_t index = number - 1;
    const double stored = row.at_path("preference").number_or(NAN);
    std::optional<double> preference;
    if (!std::isnan(stored)) preference = (stored == 0 ? 1.5 : stored) - 1;  // older files mark a tie by 0
    if (preference && (*preference < 0 || *preference > 1))
      return Error{ErrorCode::Malformed, format("preference {} is not from 1 to 2", stored)};
    pairs.push_back({.preference = preference,
                     .model_length = characters_of(row.at_path("output_2").string_or("")),
                     .baseline_length = characters_of(row.at_path("output_1").string_or("")),
                     .difficulty = index < files.difficulty.size() ? files.difficulty[index] : 0});
    return {};
  }));
  return pairs;
}

}  // namespace retort
