// The one door to Arrow: nothing else includes its headers, and what is thrown behind it ends in
// parquet_module.cpp.
#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <string>
#include <string_view>
#include <utility>

#include "data/parquet_seam.h"

namespace retort {

// Within the module faults are thrown, as half of Arrow does.
struct Fault {
  std::string message;
};

inline void check(const arrow::Status& status) {
  if (!status.ok()) throw Fault{status.message()};
}
template <class T>
T check(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

inline ParquetBytes bytes_of(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace retort
