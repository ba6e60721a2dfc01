// A Parquet file row by row: a row group is in memory, its bytes go out when they are asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "columnar/arrow.h"

namespace retort {

// What the file's bytes go to, until the program takes them.
class Sink : public arrow::io::OutputStream {
 public:
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t size) override {
    bytes_.append(static_cast<const char*>(data), static_cast<size_t>(size));
    position_ += size;
    return arrow::Status::OK();
  }
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
  int64_t position_ = 0;
  bool closed_ = false;
};

class RowWriter {
 public:
  // `columns` as in parquet_seam.h.
  explicit RowWriter(std::string columns) : columns_text_(std::move(columns)) {}
  // Both throw what Arrow throws, and Fault.
  void write(std::string_view text);
  void finish();
  // Theirs until the next call.
  ParquetBytes ready() { return bytes_of(taken_ = sink_->take()); }
  ParquetBytes fault(std::string message) { return bytes_of(taken_ = std::move(message)); }

 private:
  void begin();
  void end_group();

  std::string columns_text_, taken_;
  std::vector<Json::Member> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
  std::unique_ptr<parquet::arrow::FileWriter> file_;
  int64_t rows_ = 0;  // of the row group that is being filled
  size_t bytes_ = 0;
};

}  // namespace retort
