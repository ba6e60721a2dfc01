#include "gguf/header.h"

#include <unordered_set>

#include "base/utf8.h"
#include "gguf/value_reader.h"

namespace retort {
namespace {

constexpr uint64_t kKeyBytesMax = 65'535, kNameBytesMax = 256, kDimensionsMax = 4;
constexpr uint64_t kAlignmentMax = 1 << 20;

std::string shown(std::string_view text) { return terminal_safe(text, 60); }

class HeaderParser {
 public:
  HeaderParser(const GgufReadAt& read, uint64_t file_bytes) : cursor_(read, file_bytes) {}

  Result<GgufHeader> parse() {
    GgufHeader header;
    header.version = RETORT_TRY(version());
    uint64_t tensors = RETORT_TRY(cursor_.count("tensor_count", kGgufTensorsMax, 24));
    uint64_t keys = RETORT_TRY(cursor_.count("metadata_kv_count", kGgufKeysMax, 13));
    RETORT_TRY(read_metadata(keys, header.metadata));
    uint64_t alignment = RETORT_TRY(alignment_of(header.metadata));
    for (uint64_t i = 0; i < tensors; ++i) header.tensors.push_back(RETORT_TRY(tensor_info()));
    RETORT_TRY(place(header.tensors, alignment));
    return header;
  }

 private:
  Result<uint32_t> version() {
    char magic[4];
    RETORT_TRY(cursor_.take(magic, "the magic"));
    if (std::string_view(magic, 4) != kGgufMagic)
      return GgufCursor::malformed(format("it begins with \"{}\", not GGUF", shown({magic, 4})));
    uint32_t version = RETORT_TRY(cursor_.number<uint32_t>("version"));
    if (version == 2 || version == 3) return version;
    bool swapped = (version & 0xFFFF) == 0;
    return Error{ErrorCode::InvalidArgument,
                 swapped ? std::string("it is a big-endian GGUF file; get the little-endian one")
                         : format("its GGUF version is {}; this build reads 2 and 3, so convert it with a "
                                  "newer llama.cpp",
                                  version)};
  }

  Result<void> read_metadata(uint64_t keys, GgufMetadata& metadata) {
    std::unordered_set<std::string> seen;
    for (uint64_t i = 0; i < keys; ++i) {
      std::string key = RETORT_TRY(cursor_.text(format("key {}", i), kKeyBytesMax));
      if (!seen.insert(key).second) return GgufCursor::malformed(format("{} comes twice", shown(key)));
      what_ = shown(key);
      uint32_t type = RETORT_TRY(cursor_.number<uint32_t>(what_));
      metadata.add(std::move(key), RETORT_TRY(values_.read(type, what_)));
    }
    return {};
  }

  static Result<uint64_t> alignment_of(const GgufMetadata& metadata) {
    auto alignment = static_cast<uint64_t>(
        RETORT_TRY(metadata.integer_or("general.alignment", 1, kAlignmentMax, kGgufAlignment)));
    if (!std::has_single_bit(alignment))
      return bad_gguf_value("general.alignment", format("{}, which is no power of two", alignment));
    return alignment;
  }

  Result<GgufTensorInfo> tensor_info() {
    GgufTensorInfo info;
    info.name = RETORT_TRY(cursor_.text("a tensor's name", kNameBytesMax));
    what_ = format("tensor {}", shown(info.name));
    if (!tensor_names_.insert(info.name).second)
      return GgufCursor::malformed(format("{} comes twice", what_));
    uint32_t dimensions = RETORT_TRY(cursor_.number<uint32_t>(what_));
    if (dimensions < 1 || dimensions > kDimensionsMax)
      return GgufCursor::malformed(format("{} has {} dimensions", what_, dimensions));
    unsigned __int128 elements = 1;
    for (uint32_t i = 0; i < dimensions; ++i) {
      uint64_t size = RETORT_TRY(cursor_.number<uint64_t>(what_));
      elements *= size;
      if (size < 1 || elements > uint64_t{1} << 56)
        return GgufCursor::malformed(format("{} has a size of {}", what_, size));
      info.shape.insert(info.shape.begin(), static_cast<int64_t>(size));
    }
    uint32_t type = RETORT_TRY(cursor_.number<uint32_t>(what_));
    info.begin = RETORT_TRY(cursor_.number<uint64_t>(what_));  // from the data's first byte until `place`
    RETORT_TRY(set_type(info, type, static_cast<uint64_t>(elements)));
    return info;
  }

  Result<void> set_type(GgufTensorInfo& info, uint32_t type, uint64_t elements) const {
    const GgufBlockShape* shape = find_block_shape(type);
    if (shape == nullptr) {
      std::string known;
      for (const GgufBlockShape& one : kGgufBlockShapes)
        known += format("{}{}", known.empty() ? "" : ", ", one.name);
      return Error{ErrorCode::InvalidArgument,
                   format("{} has the type {}, and this build reads {}; get the model as one of those", what_,
                          type, known)};
    }
    if (info.row_elements() % shape->elements != 0)
      return GgufCursor::malformed(format("{} is {}, and its rows of {} are no multiple of {}", what_,
                                          shape->name, info.row_elements(), shape->elements));
    info.type = shape->type;
    info.bytes = elements / shape->elements * shape->bytes;
    return {};
  }

  // Tensors lie one after the other, each at the next multiple of the alignment, as every writer puts them.
  Result<void> place(std::vector<GgufTensorInfo>& tensors, uint64_t alignment) const {
    auto aligned = [&](uint64_t at) { return (at + alignment - 1) / alignment * alignment; };
    uint64_t data = aligned(cursor_.at()), next = 0;
    for (GgufTensorInfo& info : tensors) {
      if (info.begin != next)
        return GgufCursor::malformed(
            format("tensor {} begins at byte {} of the data, not {}", shown(info.name), info.begin, next));
      if (data + next > cursor_.file_bytes() || info.bytes > cursor_.file_bytes() - data - next)
        return GgufCursor::malformed(
            format("tensor {} needs {} bytes, and the file ends before", shown(info.name), info.bytes));
      info.begin += data;
      next = aligned(next + info.bytes);
    }
    return {};
  }

  GgufCursor cursor_;
  std::string what_;  // the key or tensor at hand
  GgufValueReader values_{cursor_};
  std::unordered_set<std::string> tensor_names_;
};

}  // namespace

Result<GgufHeader> parse_gguf_header(const GgufReadAt& read, uint64_t file_bytes) {
  return HeaderParser(read, file_bytes).parse();
}

}  // namespace retort
