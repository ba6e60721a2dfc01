// Parquet files as rows, through libretort_parquet.so: loaded with the first such file, so that a program
// that meets none pays nothing, and runs where Arrow is not installed.
#pragma once

#include "data/source.h"

namespace retort {

// Rows in the file's order, of which a part of one row group is in memory; a row's `line` is its number. A
// null member is absent. Malformed, naming the row group and where it can be told the column, when the file
// is broken; InvalidArgument, with what to install, where the module or Arrow is missing.
Result<void> read_parquet(const Path& path, const std::function<Result<void>(const SourceRow&)>& visit,
                          size_t row_bytes_max);

// Makes a file's bytes, row group by row group: each row is an object of texts, and of lists of turns.
class ParquetWriter {
 public:
  // `columns` as in parquet_seam.h; `name` is the file's, for errors. InvalidArgument as read_parquet.
  static Result<ParquetWriter> create(const Json& columns, std::string name);
  ParquetWriter(ParquetWriter&& other) noexcept : name_(std::move(other.name_)), handle_(other.handle_) {
    other.handle_ = nullptr;
  }
  ParquetWriter& operator=(ParquetWriter&&) = delete;
  ~ParquetWriter();
  // The bytes that are ready to be written behind those before; theirs until the next call.
  Result<std::string_view> write(const Json& row);
  Result<std::string_view> finish();

 private:
  ParquetWriter(std::string name, void* handle) : name_(std::move(name)), handle_(handle) {}
  std::string name_;
  void* handle_ = nullptr;
};

}  // namespace retort
