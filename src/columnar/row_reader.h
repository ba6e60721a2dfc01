// A Parquet file row by row: a part of one row group is in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "columnar/arrow.h"

namespace retort {

class RowReader {
 public:
  explicit RowReader(std::string path) : path_(std::move(path)) {}
  // Opens the file at the first call. Throws what Arrow throws, and Fault.
  ParquetStep next(ParquetRow& row);
  // What was thrown, with the row group, and the column where it can be told.
  ParquetStep fault(std::string message, ParquetRow& row);

 private:
  void open();
  int64_t batch_rows() const;
  bool next_batch();
  bool next_group();
  bool find_column();
  std::optional<std::string> column_fault(int column);

  // A flipped length may ask for anything: what a file may take at once, all its columns together.
  static constexpr int64_t kMemoryBytesMax = int64_t{2} << 30;

  std::string path_;
  arrow::CappedMemoryPool pool_{arrow::system_memory_pool(), kMemoryBytesMax};
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int group_ = -1;  // none yet
  int64_t row_in_batch_ = 0, rows_in_group_ = 0, row_ = 0;
  std::string text_, column_;
};

}  // namespace retort
