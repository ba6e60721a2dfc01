#include "base/check.h"
#include "gguf/block_bits.h"
#include "gguf/blocks.h"

namespace retort {
namespace {

// Blocks of 32: the low halves of 16 bytes are elements 0-15, the high ones 16-31.
int nibble(const uint8_t* bytes, int index) {
  return index < 16 ? bytes[index] & 15 : bytes[index - 16] >> 4;
}
int bit(uint32_t bits, int index) { return static_cast<int>(bits >> index & 1u); }

void read_f32(const uint8_t* block, float* out) { *out = load_bits<float>(block); }
void read_f16(const uint8_t* block, float* out) { *out = load_f16(block); }
void read_bf16(const uint8_t* block, float* out) { *out = float_of_bf16(load_bits<uint16_t>(block)); }

void read_q4_0(const uint8_t* block, float* out) {
  float scale = load_f16(block);
  for (int i = 0; i < 32; ++i) out[i] = scale * static_cast<float>(nibble(block + 2, i) - 8);
}

void read_q4_1(const uint8_t* block, float* out) {
  float scale = load_f16(block), minimum = load_f16(block + 2);
  for (int i = 0; i < 32; ++i) out[i] = scale * static_cast<float>(nibble(block + 4, i)) + minimum;
}

void read_q5_0(const uint8_t* block, float* out) {
  float scale = load_f16(block);
  auto high = load_bits<uint32_t>(block + 2);
  for (int i = 0; i < 32; ++i)
    out[i] = scale * static_cast<float>((nibble(block + 6, i) | bit(high, i) << 4) - 16);
}

void read_q5_1(const uint8_t* block, float* out) {
  float scale = load_f16(block), minimum = load_f16(block + 2);
  auto high = load_bits<uint32_t>(block + 4);
  for (int i = 0; i < 32; ++i)
    out[i] = scale * static_cast<float>(nibble(block + 8, i) | bit(high, i) << 4) + minimum;
}

void read_q8_0(const uint8_t* block, float* out) {
  float scale = load_f16(block);
  for (int i = 0; i < 32; ++i) out[i] = scale * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

// Super-blocks: 64 elements share 32 bytes, the first 32 of them the low halves.
void read_q4_k(const uint8_t* block, float* out) {
  float scale = load_f16(block), minimum = load_f16(block + 2);
  for (int part = 0; part < 8; ++part) {
    ScaleAndMinimum pair = load_pair(block + 4, part);
    float d = scale * static_cast<float>(pair.scale), m = minimum * static_cast<float>(pair.minimum);
    const uint8_t* bytes = block + 16 + part / 2 * 32;
    for (int i = 0; i < 32; ++i)
      out[part * 32 + i] = d * static_cast<float>(part % 2 == 0 ? bytes[i] & 15 : bytes[i] >> 4) - m;
  }
}

// As Q4_K, with a fifth bit: byte i of `high` holds it for element i of each of the eight parts.
void read_q5_k(const uint8_t* block, float* out) {
  float scale = load_f16(block), minimum = load_f16(block + 2);
  const uint8_t* high = block + 16;
  for (int part = 0; part < 8; ++part) {
    ScaleAndMinimum pair = load_pair(block + 4, part);
    float d = scale * static_cast<float>(pair.scale), m = minimum * static_cast<float>(pair.minimum);
    const uint8_t* bytes = block + 48 + part / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      int low = part % 2 == 0 ? bytes[i] & 15 : bytes[i] >> 4;
      out[part * 32 + i] = d * static_cast<float>(low | bit(high[i], part) << 4) - m;
    }
  }
}

// Two halves of 128; in each, element q*32+i has its low four bits in byte (q%2)*32+i of 64 (the low halves
// for q < 2) and its high two in bits 2q of byte i of 32. A signed scale for every 16 elements.
void read_q6_k(const uint8_t* block, float* out) {
  float scale = load_f16(block + 208);
  const auto* scales = reinterpret_cast<const int8_t*>(block + 192);
  for (int half = 0; half < 2; ++half)
    for (int quarter = 0; quarter < 4; ++quarter)
      for (int i = 0; i < 32; ++i) {
        uint8_t low = block[half * 64 + quarter % 2 * 32 + i], high = block[128 + half * 32 + i];
        int value = (quarter < 2 ? low & 15 : low >> 4) | (high >> 2 * quarter & 3) << 4;
        int at = half * 128 + quarter * 32 + i;
        out[at] = scale * static_cast<float>(scales[at / 16]) * static_cast<float>(value - 32);
      }
}

using ReadBlock = void (*)(const uint8_t*, float*);
ReadBlock reader_of(GgufTensorType type) {
  switch (type) {
    case GgufTensorType::F32:
      return read_f32;
    case GgufTensorType::F16:
      return read_f16;
    case GgufTensorType::BF16:
      return read_bf16;
    case GgufTensorType::Q4_0:
      return read_q4_0;
    case GgufTensorType::Q4_1:
      return read_q4_1;
    case GgufTensorType::Q5_0:
      return read_q5_0;
    case GgufTensorType::Q5_1:
      return read_q5_1;
    case GgufTensorType::Q8_0:
      return read_q8_0;
    case GgufTensorType::Q4_K:
      return read_q4_k;
    case GgufTensorType::Q5_K:
      return read_q5_k;
    case GgufTensorType::Q6_K:
      return read_q6_k;
  }
  return nullptr;
}

}  // namespace

void dequantise_row(GgufTensorType type, std::span<const uint8_t> blocks, std::span<float> values) {
  const GgufBlockShape& shape = block_shape(type);
  size_t count = values.size() / shape.elements;
  RETORT_CHECK(count * shape.elements == values.size() && count * shape.bytes == blocks.size(),
               "{} values of {} in {} bytes", values.size(), shape.name, blocks.size());
  ReadBlock read = reader_of(type);
  for (size_t i = 0; i < count; ++i)
    read(blocks.data() + i * shape.bytes, values.data() + i * shape.elements);
}

}  // namespace retort
