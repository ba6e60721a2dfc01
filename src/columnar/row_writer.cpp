#include "columnar/row_writer.h"

namespace retort {
namespace {

// A row group of ours ends with either: what a reader of it must hold.
constexpr int64_t kGroupRowsMax = 10'000;
constexpr size_t kGroupBytesMax = size_t{32} << 20;

Json parsed(std::string_view text) {
  Result<Json> json = parse_json(text);
  if (!json) throw Fault{json.error().message};
  return std::move(*json);
}

std::shared_ptr<arrow::DataType> type_of(const Json& kind) {
  if (!kind.is_array()) return arrow::utf8();
  arrow::FieldVector members;
  for (const Json& name : kind.items())
    members.push_back(arrow::field(std::string(name.string_or("")), arrow::utf8()));
  return arrow::list(arrow::struct_(members));
}

void append_string(arrow::ArrayBuilder& builder, const Json* value) {
  if (value == nullptr || !value->is_string()) return check(builder.AppendNull());
  check(static_cast<arrow::StringBuilder&>(builder).Append(value->string_or("")));
}

void append(arrow::ArrayBuilder& builder, const Json::Member& column, const Json* value) {
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

}  // namespace

void RowWriter::write(std::string_view text) {
  begin();
  const Json row = parsed(text);
  for (size_t i = 0; i < columns_.size(); ++i)
    append(*builders_[i], columns_[i], row.find(columns_[i].first));
  rows_ += 1;
  bytes_ += text.size();
  if (rows_ == kGroupRowsMax || bytes_ >= kGroupBytesMax) end_group();
}

void RowWriter::finish() {
  begin();
  if (rows_ > 0) end_group();
  check(file_->Close());
}

void RowWriter::begin() {
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

void RowWriter::end_group() {
  arrow::ArrayVector arrays;
  for (const auto& builder : builders_) arrays.push_back(check(builder->Finish()));
  check(file_->WriteTable(*arrow::Table::Make(schema_, arrays, rows_), rows_));
  rows_ = 0;
  bytes_ = 0;
}

}  // namespace retort
