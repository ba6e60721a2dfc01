// Everything of a GGUF file but the tensors' bytes, checked as a stranger's file must be: after this every
// tensor's bytes lie inside the file and none overlap. What it costs is bounded by the bytes that are there,
// never by a number in them.
#pragma once

#include <functional>
#include <span>

#include "gguf/metadata.h"

namespace retort {

constexpr uint64_t kGgufHeaderBytesMax = uint64_t{128} << 20;
constexpr uint64_t kGgufItemsMax = uint64_t{8} << 20;  // of all arrays together
constexpr uint64_t kGgufKeysMax = 65'536, kGgufTensorsMax = 100'000;

struct GgufTensorInfo {
  std::string name;
  std::vector<int64_t> shape;  // outermost first, as everywhere in this program; the file has it reversed
  GgufTensorType type = GgufTensorType::F32;
  uint64_t begin = 0, bytes = 0;  // `begin` counts from the file's first byte

  uint64_t row_elements() const { return static_cast<uint64_t>(shape.back()); }
  uint64_t row_bytes() const { return row_elements() / block_shape(type).elements * block_shape(type).bytes; }
  uint64_t rows() const { return row_bytes() == 0 ? 0 : bytes / row_bytes(); }
};

struct GgufHeader {
  uint32_t version = kGgufVersion;
  GgufMetadata metadata;
  std::vector<GgufTensorInfo> tensors;  // in the order of their bytes
};

// Fills the span with the bytes from that place on; asked only for bytes that the file has.
using GgufReadAt = std::function<Result<void>(uint64_t at, std::span<char> to)>;
// Malformed names the field; InvalidArgument a type or version that this build does not read.
Result<GgufHeader> parse_gguf_header(const GgufReadAt& read, uint64_t file_bytes);

}  // namespace retort
