#include "columnar/row_reader.h"

#include <algorithm>

#include "base/format.h"
#include "columnar/row_text.h"

namespace retort {
namespace {

// What a batch of rows aims at, by the file's own account of its rows.
constexpr int64_t kBatchBytes = int64_t{4} << 20;
constexpr int64_t kBatchRowsMax = 1024;

}  // namespace

ParquetStep RowReader::next(ParquetRow& row) {
  if (!file_) open();
  while (!batch_ || row_in_batch_ == batch_->num_rows())
    if (!next_batch()) return ParquetStep::End;
  text_.clear();
  append_members(batch_->schema()->fields(), batch_->columns(), row_in_batch_++, 0, text_);
  row = {.text = bytes_of(text_), .row_group = group_, .row = ++row_, .knows_row_group = 1};
  return ParquetStep::Row;
}

ParquetStep RowReader::fault(std::string message, ParquetRow& row) {
  text_ = std::move(message);
  row = {.text = bytes_of(text_), .row_group = group_, .row = row_, .knows_row_group = group_ >= 0 ? 1 : 0};
  // The columns were read together: which of them it is shows when each is read alone.
  if (group_ < 0) return ParquetStep::Fault;
  try {
    if (find_column()) row.column = bytes_of(column_);
    row.text = bytes_of(text_);
  } catch (...) {
  }
  return ParquetStep::Fault;
}

void RowReader::open() {
  auto input = check(arrow::io::ReadableFile::Open(path_, &pool_));
  parquet::ReaderProperties properties(&pool_);
  properties.enable_buffered_stream();
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_pre_buffer(false);
  parquet::arrow::FileReaderBuilder builder;
  check(builder.Open(std::move(input), properties));
  file_ = check(builder.memory_pool(&pool_)->properties(arrow_properties)->Build());
  file_->set_batch_size(batch_rows());
}

int64_t RowReader::batch_rows() const {
  const auto metadata = file_->parquet_reader()->metadata();
  int64_t bytes = 0;
  for (int i = 0; i < metadata->num_row_groups(); ++i)
    bytes += std::clamp<int64_t>(metadata->RowGroup(i)->total_byte_size(), 0, int64_t{1} << 40);
  const int64_t row_bytes = std::max<int64_t>(bytes / std::max<int64_t>(metadata->num_rows(), 1), 1);
  return std::clamp<int64_t>(kBatchBytes / row_bytes, 1, kBatchRowsMax);
}

bool RowReader::next_batch() {
  for (;;) {
    if (!batches_ && !next_group()) return false;
    batch_.reset();
    check(batches_->ReadNext(&batch_));
    row_in_batch_ = 0;
    if (batch_) break;
    const int64_t wanted = file_->parquet_reader()->metadata()->RowGroup(group_)->num_rows();
    if (rows_in_group_ != wanted)
      throw Fault{format("holds {} rows, but the file's end says {}", rows_in_group_, wanted)};
    batches_.reset();
  }
  check(batch_->Validate());
  rows_in_group_ += batch_->num_rows();
  return true;
}

bool RowReader::next_group() {
  if (group_ + 1 >= file_->num_row_groups()) return false;
  ++group_;
  rows_in_group_ = 0;
  batches_ = check(file_->GetRecordBatchReader({group_}));
  return true;
}

bool RowReader::find_column() {
  batches_.reset();
  const auto* schema = file_->parquet_reader()->metadata()->schema();
  for (int i = 0; i < schema->num_columns(); ++i) {
    const std::optional<std::string> wrong = column_fault(i);
    if (!wrong) continue;
    column_ = schema->Column(i)->path()->ToDotString();
    text_ = *wrong;
    return true;
  }
  return false;
}

std::optional<std::string> RowReader::column_fault(int column) {
  try {
    const auto batches = check(file_->GetRecordBatchReader({group_}, {column}));
    std::shared_ptr<arrow::RecordBatch> batch;
    do check(batches->ReadNext(&batch));
    while (batch);
    return std::nullopt;
  } catch (const Fault& fault) {
    return fault.message;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace retort
