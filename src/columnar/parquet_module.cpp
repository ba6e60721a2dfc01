// libretort_parquet.so: Parquet files as the JSON texts of their rows, and back, on Arrow's own library. The
// one door to Arrow: nothing else includes its headers, and what it throws ends here. One thread; a few
// thousand rows of one row group in memory.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/format.h"
#include "base/json.h"
#include "base/utf8.h"
#include "columnar/json_text.h"
#include "data/parquet_seam.h"

namespace retort {
namespace {

// A flipped length may ask for anything: what a file may take at once, all its columns together.
constexpr int64_t kMemoryBytesMax = int64_t{2} << 30;
// What a batch of rows aims at, by the file's own account of its rows.
constexpr int64_t kBatchBytes = int64_t{4} << 20;
constexpr int64_t kBatchRowsMax = 1024;
constexpr int kDepthMax = 60;  // the parser of the rows stops at 64
// A row group of ours ends with either: what a reader of it must hold.
constexpr int64_t kGroupRowsMax = 10'000;
constexpr size_t kGroupBytesMax = size_t{32} << 20;

// Within this file faults are thrown, as half of Arrow does.
struct Fault {
  std::string message;
};

void check(const arrow::Status& status) {
  if (!status.ok()) throw Fault{status.message()};
}
template <class T>
T check(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

ParquetBytes bytes_of(std::string_view text) { return {text.data(), text.size()}; }

// ---- A row as text

void append_value(const arrow::Array& array, int64_t i, int depth, std::string& out);

void append_elements(const arrow::Array& values, int64_t begin, int64_t length, int depth, std::string& out) {
  if (begin < 0 || length < 0 || begin + length > values.length())
    throw Fault{"a list reaches past its elements"};
  out += '[';
  for (int64_t i = 0; i < length; ++i) {
    if (i > 0) out += ',';
    append_value(values, begin + i, depth + 1, out);
  }
  out += ']';
}

// Members that are null are left out: a table has every column in every row, and JSON says nothing instead.
void append_members(const arrow::FieldVector& fields, const arrow::ArrayVector& values, int64_t i, int depth,
                    std::string& out) {
  out += '{';
  for (size_t column = 0; column < fields.size(); ++column) {
    if (values[column]->IsNull(i) || values[column]->type_id() == arrow::Type::NA) continue;
    if (out.back() != '{') out += ',';
    append_json_string(fields[column]->name(), out);
    out += ':';
    append_value(*values[column], i, depth + 1, out);
  }
  out += '}';
}

// Old writers call text bytes; what is no text (a picture) is null.
void append_bytes(std::string_view bytes, std::string& out) {
  if (valid_utf8(bytes))
    append_json_string(bytes, out);
  else
    out += "null";
}

template <class ArrayType>
const ArrayType& as(const arrow::Array& array) {
  return static_cast<const ArrayType&>(array);
}
template <class ListType>
void append_list(const arrow::Array& array, int64_t i, int depth, std::string& out) {
  const auto& list = as<ListType>(array);
  append_elements(*list.values(), list.value_offset(i), list.value_length(i), depth, out);
}

bool append_number(const arrow::Array& array, int64_t i, std::string& out) {
  const auto integer = [&](auto value) { out += format("{}", value); };
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out += as<arrow::BooleanArray>(array).Value(i) ? "true" : "false";
      return true;
    case arrow::Type::INT8:
      integer(as<arrow::Int8Array>(array).Value(i));
      return true;
    case arrow::Type::INT16:
      integer(as<arrow::Int16Array>(array).Value(i));
      return true;
    case arrow::Type::INT32:
      integer(as<arrow::Int32Array>(array).Value(i));
      return true;
    case arrow::Type::INT64:
      integer(as<arrow::Int64Array>(array).Value(i));
      return true;
    case arrow::Type::UINT8:
      integer(as<arrow::UInt8Array>(array).Value(i));
      return true;
    case arrow::Type::UINT16:
      integer(as<arrow::UInt16Array>(array).Value(i));
      return true;
    case arrow::Type::UINT32:
      integer(as<arrow::UInt32Array>(array).Value(i));
      return true;
    case arrow::Type::UINT64:
      integer(as<arrow::UInt64Array>(array).Value(i));
      return true;
    case arrow::Type::FLOAT:
      append_json_double(as<arrow::FloatArray>(array).Value(i), out);
      return true;
    case arrow::Type::DOUBLE:
      append_json_double(as<arrow::DoubleArray>(array).Value(i), out);
      return true;
    default:
      return false;
  }
}

bool append_text(const arrow::Array& array, int64_t i, std::string& out) {
  switch (array.type_id()) {
    case arrow::Type::STRING:
      append_json_string(as<arrow::StringArray>(array).GetView(i), out);
      return true;
    case arrow::Type::LARGE_STRING:
      append_json_string(as<arrow::LargeStringArray>(array).GetView(i), out);
      return true;
    case arrow::Type::STRING_VIEW:
      append_json_string(as<arrow::StringViewArray>(array).GetView(i), out);
      return true;
    case arrow::Type::BINARY:
      append_bytes(as<arrow::BinaryArray>(array).GetView(i), out);
      return true;
    case arrow::Type::LARGE_BINARY:
      append_bytes(as<arrow::LargeBinaryArray>(array).GetView(i), out);
      return true;
    case arrow::Type::BINARY_VIEW:
      append_bytes(as<arrow::BinaryViewArray>(array).GetView(i), out);
      return true;
    case arrow::Type::FIXED_SIZE_BINARY:
      append_bytes(as<arrow::FixedSizeBinaryArray>(array).GetView(i), out);
      return true;
    default:
      return false;
  }
}

void append_dictionary(const arrow::DictionaryArray& array, int64_t i, int depth, std::string& out) {
  const int64_t at = array.GetValueIndex(i);
  if (at < 0 || at >= array.dictionary()->length()) throw Fault{"a value is not in its dictionary"};
  append_value(*array.dictionary(), at, depth + 1, out);
}

void append_value(const arrow::Array& array, int64_t i, int depth, std::string& out) {
  if (depth > kDepthMax) throw Fault{format("its columns are nested deeper than {}", kDepthMax)};
  if (array.type_id() == arrow::Type::NA || array.IsNull(i)) {
    out += "null";
    return;
  }
  if (append_number(array, i, out) || append_text(array, i, out)) return;
  switch (array.type_id()) {
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return append_list<arrow::ListArray>(array, i, depth, out);
    case arrow::Type::LARGE_LIST:
      return append_list<arrow::LargeListArray>(array, i, depth, out);
    case arrow::Type::FIXED_SIZE_LIST:
      return append_list<arrow::FixedSizeListArray>(array, i, depth, out);
    case arrow::Type::STRUCT: {
      const auto& row = as<arrow::StructArray>(array);
      return append_members(row.struct_type()->fields(), row.fields(), i, depth, out);
    }
    case arrow::Type::DICTIONARY:
      return append_dictionary(as<arrow::DictionaryArray>(array), i, depth, out);
    case arrow::Type::EXTENSION:
      return append_value(*as<arrow::ExtensionArray>(array).storage(), i, depth + 1, out);
    // Times, decimals and what is yet to come: as Arrow prints them.
    default:
      return append_json_string(check(array.GetScalar(i))->ToString(), out);
  }
}

// ---- Reading

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  ParquetStep next(ParquetRow& row) {
    if (!file_) open();
    while (!batch_ || row_in_batch_ == batch_->num_rows())
      if (!next_batch()) return ParquetStep::End;
    text_.clear();
    append_members(batch_->schema()->fields(), batch_->columns(), row_in_batch_++, 0, text_);
    row = {.text = bytes_of(text_), .row_group = group_, .row = ++row_, .knows_row_group = 1};
    return ParquetStep::Row;
  }

  ParquetStep fault(std::string message, ParquetRow& row) {
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

 private:
  void open() {
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

  int64_t batch_rows() const {
    const auto metadata = file_->parquet_reader()->metadata();
    int64_t bytes = 0;
    for (int i = 0; i < metadata->num_row_groups(); ++i)
      bytes += std::clamp<int64_t>(metadata->RowGroup(i)->total_byte_size(), 0, int64_t{1} << 40);
    const int64_t row_bytes = std::max<int64_t>(bytes / std::max<int64_t>(metadata->num_rows(), 1), 1);
    return std::clamp<int64_t>(kBatchBytes / row_bytes, 1, kBatchRowsMax);
  }

  bool next_batch() {
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

  bool next_group() {
    if (group_ + 1 >= file_->num_row_groups()) return false;
    ++group_;
    rows_in_group_ = 0;
    batches_ = check(file_->GetRecordBatchReader({group_}));
    return true;
  }

  bool find_column() {
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

  std::optional<std::string> column_fault(int column) {
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

  std::string path_;
  arrow::CappedMemoryPool pool_{arrow::system_memory_pool(), kMemoryBytesMax};
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int group_ = -1;  // none yet
  int64_t row_in_batch_ = 0, rows_in_group_ = 0, row_ = 0;
  std::string text_, column_;
};

// ---- Writing

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

class Writer {
 public:
  explicit Writer(std::string columns) : columns_text_(std::move(columns)) {}

  void write(std::string_view text) {
    begin();
    const Json row = parsed(text);
    for (size_t i = 0; i < columns_.size(); ++i)
      append(*builders_[i], columns_[i], row.find(columns_[i].first));
    rows_ += 1;
    bytes_ += text.size();
    if (rows_ == kGroupRowsMax || bytes_ >= kGroupBytesMax) end_group();
  }
  void finish() {
    begin();
    if (rows_ > 0) end_group();
    check(file_->Close());
  }
  ParquetBytes ready() { return bytes_of(taken_ = sink_->take()); }
  ParquetBytes fault(std::string message) { return bytes_of(taken_ = std::move(message)); }

 private:
  static Json parsed(std::string_view text) {
    Result<Json> json = parse_json(text);
    if (!json) throw Fault{json.error().message};
    return std::move(*json);
  }

  void begin() {
    if (file_) return;
    const Json columns = parsed(columns_text_);
    arrow::FieldVector fields;
    for (const auto& [name, kind] : columns.members()) {
      columns_.emplace_back(name, kind);
      fields.push_back(arrow::field(name, type_of(kind)));
      builders_.push_back(check(arrow::MakeBuilder(fields.back()->type())));
    }
    schema_ = arrow::schema(fields);
    const auto properties = parquet::WriterProperties::Builder()
                                .compression(parquet::Compression::ZSTD)
                                ->enable_page_checksum()
                                ->build();
    file_ = check(parquet::arrow::FileWriter::Open(*schema_, arrow::system_memory_pool(), sink_, properties));
  }

  static std::shared_ptr<arrow::DataType> type_of(const Json& kind) {
    if (!kind.is_array()) return arrow::utf8();
    arrow::FieldVector members;
    for (const Json& name : kind.items())
      members.push_back(arrow::field(std::string(name.string_or("")), arrow::utf8()));
    return arrow::list(arrow::struct_(members));
  }

  static void append_string(arrow::ArrayBuilder& builder, const Json* value) {
    if (value == nullptr || !value->is_string()) return check(builder.AppendNull());
    check(static_cast<arrow::StringBuilder&>(builder).Append(value->string_or("")));
  }

  static void append(arrow::ArrayBuilder& builder, const Json::Member& column, const Json* value) {
    if (!column.second.is_array()) return append_string(builder, value);
    if (value == nullptr) return check(builder.AppendNull());
    auto& list = static_cast<arrow::ListBuilder&>(builder);
    auto& turns = static_cast<arrow::StructBuilder&>(*list.value_builder());
    check(list.Append());
    for (const Json& turn : value->items()) {
      check(turns.Append());
      for (int i = 0; i < turns.num_fields(); ++i)
        append_string(*turns.field_builder(i),
                      turn.find(column.second.items()[static_cast<size_t>(i)].string_or("")));
    }
  }

  void end_group() {
    arrow::ArrayVector arrays;
    for (const auto& builder : builders_) arrays.push_back(check(builder->Finish()));
    check(file_->WriteTable(*arrow::Table::Make(schema_, arrays, rows_), rows_));
    rows_ = 0;
    bytes_ = 0;
  }

  std::string columns_text_, taken_;
  std::vector<Json::Member> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
  std::unique_ptr<parquet::arrow::FileWriter> file_;
  int64_t rows_ = 0;  // of the row group that is being filled
  size_t bytes_ = 0;
};

// ---- The seam: nothing is thrown past here

template <class Work, class Wrong>
ParquetStep guarded(const Work& work, const Wrong& wrong) {
  try {
    return work();
  } catch (const Fault& fault) {
    return wrong(fault.message);
  } catch (const std::exception& error) {
    return wrong(error.what());
  } catch (...) {
    return wrong("something unknown was thrown");
  }
}

template <class T>
T* made(std::string_view text) noexcept {
  try {
    return new T(std::string(text));
  } catch (...) {
    return nullptr;
  }
}

ParquetStep next_row(void* handle, ParquetRow* row) {
  auto& reader = *static_cast<Reader*>(handle);
  return guarded([&] { return reader.next(*row); },
                 [&](std::string text) { return reader.fault(std::move(text), *row); });
}

template <class Work>
ParquetStep written(void* handle, ParquetBytes* bytes, const Work& work) {
  auto& writer = *static_cast<Writer*>(handle);
  return guarded(
      [&] {
        work(writer);
        *bytes = writer.ready();
        return ParquetStep::End;
      },
      [&](std::string text) {
        *bytes = writer.fault(std::move(text));
        return ParquetStep::Fault;
      });
}

const ParquetModule kModule = {
    .arrow_version = ARROW_VERSION_STRING,
    .open_reader = [](const char* path) -> void* { return made<Reader>(path); },
    .next_row = next_row,
    .close_reader = [](void* reader) { delete static_cast<Reader*>(reader); },
    .open_writer = [](const char* columns, size_t size) -> void* {
      return made<Writer>({columns, size});
    },
    .write_row =
        [](void* writer, const char* text, size_t size, ParquetBytes* bytes) {
          return written(writer, bytes, [&](Writer& w) { w.write({text, size}); });
        },
    .finish = [](void* writer,
                 ParquetBytes* bytes) { return written(writer, bytes, [](Writer& w) { w.finish(); }); },
    .close_writer = [](void* writer) { delete static_cast<Writer*>(writer); }};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ParquetModule* retort_parquet_module() {
  return &kModule;
}

}  // namespace retort
