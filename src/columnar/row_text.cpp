#include "columnar/row_text.h"

#include "base/format.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace retort {
namespace {

constexpr int kDepthMax = 60;  // the parser of the rows stops at 64

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

}  // namespace

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

}  // namespace retort
