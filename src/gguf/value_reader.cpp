#include "gguf/value_reader.h"

namespace retort {
namespace {

constexpr int kArrayDepthMax = 4;

}  // namespace

Result<GgufValue> GgufValueReader::read(uint32_t type, const std::string& what) {
  what_ = what;
  return value(type, kArrayDepthMax);
}

template <class T>
Result<GgufValue> GgufValueReader::scalar(uint32_t type) {
  T number = RETORT_TRY(cursor_.number<T>(what_));
  GgufValue value{static_cast<GgufValueType>(type), {}, {}};
  if constexpr (std::is_floating_point_v<T>)
    value.data = static_cast<double>(number);
  else
    value.data = static_cast<int64_t>(number);
  return value;
}

Result<GgufValue> GgufValueReader::value(uint32_t type, int depth) {
  switch (static_cast<GgufValueType>(type)) {
    case GgufValueType::Uint8:
      return scalar<uint8_t>(type);
    case GgufValueType::Int8:
      return scalar<int8_t>(type);
    case GgufValueType::Uint16:
      return scalar<uint16_t>(type);
    case GgufValueType::Int16:
      return scalar<int16_t>(type);
    case GgufValueType::Uint32:
      return scalar<uint32_t>(type);
    case GgufValueType::Int32:
      return scalar<int32_t>(type);
    case GgufValueType::Uint64:
      return scalar<uint64_t>(type);
    case GgufValueType::Int64:
      return scalar<int64_t>(type);
    case GgufValueType::Float32:
      return scalar<float>(type);
    case GgufValueType::Float64:
      return scalar<double>(type);
    case GgufValueType::Bool:
      return truth(type);
    case GgufValueType::String:
      return GgufValue{GgufValueType::String, {}, RETORT_TRY(cursor_.text(what_, kGgufHeaderBytesMax))};
    case GgufValueType::Array:
      return array(depth);
  }
  return GgufCursor::malformed(format("{} has the value type {}", what_, type));
}

Result<GgufValue> GgufValueReader::truth(uint32_t type) {
  GgufValue value = RETORT_TRY(scalar<uint8_t>(type));
  if (std::get<int64_t>(value.data) > 1)
    return GgufCursor::malformed(format("{} is neither true nor false", what_));
  return value;
}

Result<GgufValue> GgufValueReader::array(int depth) {
  if (depth == 0) return GgufCursor::malformed(format("{} holds arrays in arrays too deep", what_));
  uint32_t item = RETORT_TRY(cursor_.number<uint32_t>(what_));
  uint64_t size = RETORT_TRY(cursor_.count(format("the length of {}", what_), kGgufItemsMax, 1));
  items_ += size;
  if (items_ > kGgufItemsMax)
    return GgufCursor::malformed(format("its arrays have more than {} items at {}", kGgufItemsMax, what_));
  GgufValue result{GgufValueType::Array, static_cast<GgufValueType>(item), GgufValue::Integers{}};
  if (result.item_type == GgufValueType::String) result.data = GgufValue::Texts{};
  if (result.item_type == GgufValueType::Float32 || result.item_type == GgufValueType::Float64)
    result.data = GgufValue::Numbers{};
  if (result.item_type == GgufValueType::Array) result.data = std::vector<GgufValue>{};
  for (uint64_t i = 0; i < size; ++i) {
    GgufValue one = RETORT_TRY(value(item, depth - 1));
    if (auto* integers = std::get_if<GgufValue::Integers>(&result.data))
      integers->push_back(std::get<int64_t>(one.data));
    else if (auto* numbers = std::get_if<GgufValue::Numbers>(&result.data))
      numbers->push_back(std::get<double>(one.data));
    else if (auto* texts = std::get_if<GgufValue::Texts>(&result.data))
      texts->push_back(std::get<std::string>(std::move(one.data)));
    else
      std::get<std::vector<GgufValue>>(result.data).push_back(std::move(one));
  }
  return result;
}

}  // namespace retort
