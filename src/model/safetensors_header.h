// The JSON header of a safetensors file, checked as a stranger's file must be: after this, every tensor's
// bytes lie inside the file, none overlap, and none are left over. Format: 8 bytes little-endian length, the
// header, then the data; offsets count from the data's first byte. No torch here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace retort {

constexpr uint64_t kSafetensorsHeaderMax = uint64_t{16} << 20;

// The types that are read; the others of the format (8-bit floats, unsigned ones) no decoder of ours has.
enum class TensorType { F32, BF16, F16, F64, I64, I32, I16, I8, U8 };
uint64_t type_bytes(TensorType type);

struct TensorEntry {
  std::string name;
  TensorType type = TensorType::F32;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
};

// In the order of their bytes. Malformed says what is wrong; `data_bytes` is what the file holds behind the
// header.
Result<std::vector<TensorEntry>> parse_safetensors_header(std::string_view header, uint64_t data_bytes);
// The header's text for these entries, padded with spaces so that the data begins at a multiple of 64:
// weights are used where they are mapped, and vectors that straddle two cache lines cost a decode step up to
// a fifth.
std::string make_safetensors_header(const std::vector<TensorEntry>& entries, const Json& metadata);

}  // namespace retort
