// The constants of GGUF, llama.cpp's one-file model format, versions 2 and 3 (docs/formats/gguf.md): magic,
// version, named values, tensor infos, then the tensors' blocks, each at a multiple of the alignment. All
// numbers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace retort {

constexpr std::string_view kGgufMagic = "GGUF";
constexpr uint32_t kGgufVersion = 3;  // what we write; 2 differs in nothing that we read
constexpr uint32_t kGgufAlignment = 32;
constexpr uint32_t kGgufQuantisationVersion = 2;  // of the block layouts below

enum class GgufValueType : uint32_t {
  Uint8 = 0,
  Int8 = 1,
  Uint16 = 2,
  Int16 = 3,
  Uint32 = 4,
  Int32 = 5,
  Float32 = 6,
  Bool = 7,
  String = 8,
  Array = 9,
  Uint64 = 10,
  Int64 = 11,
  Float64 = 12,
};

enum class GgufTensorType : uint32_t {
  F32 = 0,
  F16 = 1,
  Q4_0 = 2,
  Q4_1 = 3,
  Q5_0 = 6,
  Q5_1 = 7,
  Q8_0 = 8,
  Q4_K = 12,
  Q5_K = 13,
  Q6_K = 14,
  BF16 = 30,
};

// A row of a tensor is cut into blocks of so many elements, each stored in so many bytes.
struct GgufBlockShape {
  GgufTensorType type = GgufTensorType::F32;
  std::string_view name;
  uint32_t elements = 1, bytes = 4;
};
constexpr std::array<GgufBlockShape, 11> kGgufBlockShapes = {{
    {GgufTensorType::F32, "F32", 1, 4},
    {GgufTensorType::F16, "F16", 1, 2},
    {GgufTensorType::BF16, "BF16", 1, 2},
    {GgufTensorType::Q4_0, "Q4_0", 32, 18},
    {GgufTensorType::Q4_1, "Q4_1", 32, 20},
    {GgufTensorType::Q5_0, "Q5_0", 32, 22},
    {GgufTensorType::Q5_1, "Q5_1", 32, 24},
    {GgufTensorType::Q8_0, "Q8_0", 32, 34},
    {GgufTensorType::Q4_K, "Q4_K", 256, 144},
    {GgufTensorType::Q5_K, "Q5_K", 256, 176},
    {GgufTensorType::Q6_K, "Q6_K", 256, 210},
}};
// nullptr for a type that this build does not read.
constexpr const GgufBlockShape* find_block_shape(uint32_t type) {
  for (const GgufBlockShape& shape : kGgufBlockShapes)
    if (static_cast<uint32_t>(shape.type) == type) return &shape;
  return nullptr;
}
constexpr const GgufBlockShape& block_shape(GgufTensorType type) {
  return *find_block_shape(static_cast<uint32_t>(type));
}

// What tokenizer.ggml.token_type says of a token.
enum class GgufTokenType : int32_t {
  Normal = 1,
  Unknown = 2,
  Control = 3,
  UserDefined = 4,
  Unused = 5,
  Byte = 6
};

}  // namespace retort
