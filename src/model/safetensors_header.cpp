#include "model/safetensors_header.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/check.h"
#include "base/utf8.h"

namespace retort {
namespace {

constexpr size_t kTensorsMax = 100'000, kDimensionsMax = 8;

struct TypeName {
  std::string_view name;
  TensorType type;
  uint64_t bytes;
};
constexpr TypeName kTypes[] = {
    {"F32", TensorType::F32, 4}, {"BF16", TensorType::BF16, 2}, {"F16", TensorType::F16, 2},
    {"F64", TensorType::F64, 8}, {"I64", TensorType::I64, 8},   {"I32", TensorType::I32, 4},
    {"I16", TensorType::I16, 2}, {"I8", TensorType::I8, 1},     {"U8", TensorType::U8, 1}};

const TypeName& known_type(TensorType type) {
  for (const TypeName& known : kTypes)
    if (known.type == type) return known;
  RETORT_CHECK(false, "safetensors has no name for type {}", static_cast<int>(type));
  return kTypes[0];
}

template <class... Args>
Error malformed(format_string<Args...> text, Args&&... args) {
  return {ErrorCode::Malformed, format("not a sound safetensors file: {}; get it again or save it again",
                                       retort::format(text, std::forward<Args>(args)...))};
}

Result<TensorType> parse_type(const Json& json, std::string_view tensor) {
  std::string_view name = json.string_or("(none)");
  for (const TypeName& known : kTypes)
    if (known.name == name) return known.type;
  return malformed("tensor {} has the type {}", tensor, terminal_safe(name, 20));
}

// A whole number in [0, 2^62]; what multiplies sizes checks the product again.
bool take_size(const Json& json, uint64_t& out) {
  int64_t value = json.integer_or(-1);
  if (value < 0 || value > int64_t{1} << 62) return false;
  out = static_cast<uint64_t>(value);
  return true;
}

// The bytes of a tensor of this shape, or nothing when no file could hold it.
std::optional<uint64_t> shape_bytes(const std::vector<int64_t>& shape, uint64_t element_bytes) {
  unsigned __int128 bytes = element_bytes;
  for (int64_t size : shape) {
    bytes *= static_cast<uint64_t>(size);
    if (bytes > uint64_t{1} << 62) return std::nullopt;
  }
  return static_cast<uint64_t>(bytes);
}

Result<TensorEntry> parse_entry(const std::string& name, const Json& json) {
  TensorEntry entry;
  entry.name = name;
  std::string shown = terminal_safe(name, 60);
  if (!json.is_object() || json.size() != 3)
    return malformed("tensor {} is not described by three fields", shown);
  entry.type = RETORT_TRY(parse_type(json.at_path("dtype"), shown));
  const Json& shape = json.at_path("shape");
  if (!shape.is_array() || shape.size() > kDimensionsMax)
    return malformed("tensor {} has no usable shape", shown);
  for (const Json& item : shape.items()) {
    uint64_t size = 0;
    if (!take_size(item, size)) return malformed("tensor {} has no usable shape", shown);
    entry.shape.push_back(static_cast<int64_t>(size));
  }
  const Json& offsets = json.at_path("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !take_size(offsets.items()[0], entry.begin) ||
      !take_size(offsets.items()[1], entry.end) || entry.begin > entry.end)
    return malformed("tensor {} has no usable offsets", shown);
  if (shape_bytes(entry.shape, type_bytes(entry.type)) != entry.end - entry.begin)
    return malformed("the shape and the bytes of tensor {} do not agree", shown);
  return entry;
}

Result<void> check_metadata(const Json& json) {
  bool sound = json.is_object();
  for (const auto& [key, value] : json.members()) sound = sound && value.is_string();
  if (!sound) return malformed("__metadata__ is no object of texts");
  return {};
}

}  // namespace

uint64_t type_bytes(TensorType type) { return known_type(type).bytes; }

Result<std::vector<TensorEntry>> parse_safetensors_header(std::string_view header, uint64_t data_bytes) {
  if (header.empty() || header[0] != '{') return malformed("the header is no JSON object");
  Result<Json> json = parse_json(header, 8);
  if (!json) return malformed("{}", json.error().message);
  if (json->size() > kTensorsMax) return malformed("{} tensors, more than {}", json->size(), kTensorsMax);
  std::vector<TensorEntry> entries;
  std::unordered_set<std::string_view> names;
  for (const auto& [name, value] : json->members()) {
    if (!names.insert(name).second) return malformed("{} comes twice", terminal_safe(name, 60));
    if (name == "__metadata__") {
      if (auto sound = check_metadata(value); !sound) return sound.error();
    } else {
      entries.push_back(RETORT_TRY(parse_entry(name, value)));
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t covered = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != covered)
      return malformed("tensor {} begins at byte {}, not {}", terminal_safe(entry.name, 60), entry.begin,
                       covered);
    covered = entry.end;
  }
  if (covered != data_bytes) return malformed("the tensors have {} bytes, the file {}", covered, data_bytes);
  return entries;
}

std::string make_safetensors_header(const std::vector<TensorEntry>& entries, const Json& metadata) {
  Json header = Json::object();
  if (metadata.size() > 0) header.set("__metadata__", metadata);
  for (const TensorEntry& entry : entries) {
    RETORT_CHECK(header.find(entry.name) == nullptr, "two tensors are named {}", entry.name);
    Json shape = Json::array(), offsets = Json::array();
    for (int64_t size : entry.shape) shape.push(static_cast<long>(size));
    offsets.push(static_cast<long>(entry.begin)).push(static_cast<long>(entry.end));
    header.set(entry.name, Json::object()
                               .set("dtype", known_type(entry.type).name)
                               .set("shape", shape)
                               .set("data_offsets", offsets));
  }
  std::string text = header.dump();
  constexpr size_t kLine = 64, kLength = sizeof(uint64_t);  // what stands before the header
  text.resize((kLength + text.size() + kLine - 1) / kLine * kLine - kLength, ' ');
  return text;
}

}  // namespace retort
