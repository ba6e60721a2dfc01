// Cuts a stream of bytes into the texts of its rows: by line, or by the elements of one JSON array, whichever
// the first byte that is no blank says. Holds one row at a time, and no row longer than it was told to.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace retort {

class RowSplitter {
 public:
  struct Row {
    size_t line = 1;        // where it begins, from 1
    std::string_view text;  // trimmed; what was kept of it when it is too long
    bool too_long = false;
  };
  using Visit = std::function<Result<void>(const Row&)>;

  // `name` is the file's, for errors.
  RowSplitter(std::string name, size_t row_bytes_max, Visit visit)
      : name_(std::move(name)), row_bytes_max_(row_bytes_max), visit_(std::move(visit)) {}
  // Stops at the first error: its own (text after the array) or the visitor's.
  Result<void> feed(std::string_view bytes);
  // Malformed when an array is still open.
  Result<void> finish();

 private:
  enum class Mode { Unknown, Lines, Array, AfterArray };
  Result<void> take(char c);
  Result<void> take_in_array(char c);
  Result<void> end_row();
  void keep(char c);

  std::string name_;
  size_t row_bytes_max_;
  Visit visit_;
  Mode mode_ = Mode::Unknown;
  size_t line_ = 1;
  size_t begin_line_ = 1;
  std::string text_;
  bool too_long_ = false;
  bool commas_ = false;  // the array has had a comma: what follows must be an element
  int depth_ = 0;        // inside an element: open brackets
  bool in_string_ = false, escaped_ = false;
};

}  // namespace retort
