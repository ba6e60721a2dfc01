#include "gguf/metadata.h"

#include "base/utf8.h"

namespace retort {
namespace {

bool is_whole(GgufValueType type) {
  return type != GgufValueType::Float32 && type != GgufValueType::Float64 && type != GgufValueType::Bool;
}

template <class Kind>
Result<const Kind*> find_array(const GgufMetadata& metadata, std::string_view key, std::string_view wanted) {
  const GgufValue* value = metadata.find(key);
  if (value == nullptr) return static_cast<const Kind*>(nullptr);
  const Kind* array = std::get_if<Kind>(&value->data);
  if (array == nullptr) return bad_gguf_value(key, format("no array of {}", wanted));
  return array;
}

GgufValue array_of(GgufValueType item, decltype(GgufValue::data) data) {
  return {GgufValueType::Array, item, std::move(data)};
}

}  // namespace

Error bad_gguf_value(std::string_view key, std::string_view what) {
  return {ErrorCode::Malformed,
          format("{} is {}; get the file again, or another of the same model", terminal_safe(key, 80), what)};
}

bool GgufValue::operator==(const GgufValue& other) const {
  return type == other.type && data == other.data &&
         (type != GgufValueType::Array || item_type == other.item_type);
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
  for (const Entry& entry : entries_)
    if (entry.first == key) return &entry.second;
  return nullptr;
}

Result<int64_t> GgufMetadata::integer(std::string_view key, int64_t least, int64_t most) const {
  const GgufValue* value = find(key);
  if (value == nullptr)
    return Error{ErrorCode::NotFound, format("it has no {}; get another file of the same model", key)};
  const int64_t* number = std::get_if<int64_t>(&value->data);
  if (number == nullptr || !is_whole(value->type)) return bad_gguf_value(key, "no whole number");
  if (*number < least || *number > most)
    return bad_gguf_value(key, format("{}, not a whole number from {} to {}", *number, least, most));
  return *number;
}

Result<int64_t> GgufMetadata::integer_or(std::string_view key, int64_t least, int64_t most,
                                         int64_t other) const {
  if (find(key) == nullptr) return other;
  return integer(key, least, most);
}

Result<double> GgufMetadata::number_or(std::string_view key, double other) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return other;
  const double* number = std::get_if<double>(&value->data);
  if (number == nullptr) return bad_gguf_value(key, "no real number");
  return *number;
}

Result<bool> GgufMetadata::bool_or(std::string_view key, bool other) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return other;
  if (value->type != GgufValueType::Bool) return bad_gguf_value(key, "neither true nor false");
  return std::get<int64_t>(value->data) != 0;
}

Result<std::string> GgufMetadata::text(std::string_view key) const {
  if (find(key) == nullptr)
    return Error{ErrorCode::NotFound, format("it has no {}; get another file of the same model", key)};
  return text_or(key, "");
}

Result<std::string> GgufMetadata::text_or(std::string_view key, std::string_view other) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::string(other);
  const std::string* text = std::get_if<std::string>(&value->data);
  if (text == nullptr) return bad_gguf_value(key, "no text");
  return *text;
}

Result<const GgufValue::Texts*> GgufMetadata::texts(std::string_view key) const {
  return find_array<GgufValue::Texts>(*this, key, "texts");
}
Result<const GgufValue::Integers*> GgufMetadata::integers(std::string_view key) const {
  return find_array<GgufValue::Integers>(*this, key, "whole numbers");
}
Result<const GgufValue::Numbers*> GgufMetadata::numbers(std::string_view key) const {
  return find_array<GgufValue::Numbers>(*this, key, "real numbers");
}

void GgufMetadata::add(std::string key, GgufValue value) {
  entries_.emplace_back(std::move(key), std::move(value));
}
void GgufMetadata::add_integer(std::string key, int64_t value) {
  add(std::move(key), {GgufValueType::Uint32, {}, value});
}
void GgufMetadata::add_number(std::string key, double value) {
  add(std::move(key), {GgufValueType::Float32, {}, value});
}
void GgufMetadata::add_bool(std::string key, bool value) {
  add(std::move(key), {GgufValueType::Bool, {}, int64_t{value}});
}
void GgufMetadata::add_text(std::string key, std::string value) {
  add(std::move(key), {GgufValueType::String, {}, std::move(value)});
}
void GgufMetadata::add_texts(std::string key, GgufValue::Texts values) {
  add(std::move(key), array_of(GgufValueType::String, std::move(values)));
}
void GgufMetadata::add_integers(std::string key, GgufValue::Integers values) {
  add(std::move(key), array_of(GgufValueType::Int32, std::move(values)));
}
void GgufMetadata::add_numbers(std::string key, GgufValue::Numbers values) {
  add(std::move(key), array_of(GgufValueType::Float32, std::move(values)));
}

}  // namespace retort
