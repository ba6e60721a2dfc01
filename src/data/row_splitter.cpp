#include "data/row_splitter.h"

namespace retort {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

Result<void> RowSplitter::feed(std::string_view bytes) {
  for (char c : bytes) {
    RETORT_TRY(take(c));
    if (c == '\n') ++line_;
  }
  return {};
}

Result<void> RowSplitter::finish() {
  if (mode_ == Mode::Array)
    return Error{ErrorCode::Malformed,
                 format("{}:{}: ends inside its JSON array; the file is cut off, get it anew", name_, line_)};
  return mode_ == Mode::Lines ? end_row() : Result<void>();
}

Result<void> RowSplitter::take(char c) {
  switch (mode_) {
    case Mode::Unknown:
      if (is_space(c)) return {};
      if (c == '[') {
        mode_ = Mode::Array;
        return {};
      }
      mode_ = Mode::Lines;
      [[fallthrough]];
    case Mode::Lines:
      if (c == '\n') return end_row();
      keep(c);
      return {};
    case Mode::Array:
      return take_in_array(c);
    case Mode::AfterArray:
      break;
  }
  if (is_space(c)) return {};
  return Error{
      ErrorCode::Malformed,
      format("{}:{}: there is text after the end of the JSON array; keep one array, or one object a line",
             name_, line_)};
}

Result<void> RowSplitter::take_in_array(char c) {
  if (in_string_) {
    in_string_ = escaped_ || c != '"';
    escaped_ = !escaped_ && c == '\\';
  } else if (depth_ == 0 && (c == ',' || c == ']')) {
    // "[]" has no element, "[1,]" has a bad one.
    bool is_element = c == ',' || commas_ || !text_.empty();
    commas_ = true;
    if (c == ']') mode_ = Mode::AfterArray;
    return is_element ? end_row() : Result<void>();
  } else if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if ((c == '}' || c == ']') && depth_ > 0) {
    --depth_;
  }
  keep(c);
  return {};
}

void RowSplitter::keep(char c) {
  if (text_.empty()) {
    if (is_space(c)) return;
    begin_line_ = line_;
  }
  if (text_.size() < row_bytes_max_)
    text_ += c;
  else if (!is_space(c))
    too_long_ = true;
}

Result<void> RowSplitter::end_row() {
  Row row{.line = text_.empty() ? line_ : begin_line_, .text = text_, .too_long = too_long_};
  while (!row.text.empty() && is_space(row.text.back())) row.text.remove_suffix(1);
  // A blank line is nothing; an empty element is a bad row.
  Result<void> visited;
  if (!row.text.empty() || mode_ != Mode::Lines) visited = visit_(row);
  text_.clear();
  too_long_ = false;
  depth_ = 0;
  return visited;
}

}  // namespace retort
