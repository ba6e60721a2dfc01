#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "gguf/block_bits.h"
#include "gguf/block_round.h"
#include "gguf/blocks.h"
#include "gguf/scale_search.h"

namespace retort {
namespace {

int level_of(float value, int least, int most) {
  return static_cast<int>(nearest_within(value, static_cast<float>(least), static_cast<float>(most)));
}
float inverse_or_zero(float value) { return value != 0 ? 1 / value : 0; }

void write_f32(const float* in, uint8_t* block) { store_bits(block, *in); }
void write_f16(const float* in, uint8_t* block) { store_bits(block, f16_of_float(*in)); }
void write_bf16(const float* in, uint8_t* block) { store_bits(block, bf16_of_float(*in)); }

// The scale that maps the largest size to 127. Halves round away from zero, as llama.cpp's do.
void write_q8_0(const float* in, uint8_t* block) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(in[i]));
  float scale = largest / 127, inverse = inverse_or_zero(scale);
  store_f16(block, scale);
  for (int i = 0; i < 32; ++i)
    block[2 + i] = static_cast<uint8_t>(static_cast<int>(std::roundf(in[i] * inverse)));
}

// The extreme value, sign and all, maps to -16, so that the one level more on that side is used.
void write_q5_0(const float* in, uint8_t* block) {
  float extreme = 0;
  for (int i = 0; i < 32; ++i)
    if (std::fabs(in[i]) > std::fabs(extreme)) extreme = in[i];
  float scale = extreme / -16, inverse = inverse_or_zero(scale);
  store_f16(block, scale);
  uint32_t high = 0;
  for (int i = 0; i < 16; ++i) {
    int a = std::min(31, static_cast<int>(in[i] * inverse + 16.5f));
    int b = std::min(31, static_cast<int>(in[i + 16] * inverse + 16.5f));
    block[6 + i] = static_cast<uint8_t>((a & 15) | (b & 15) << 4);
    high |= static_cast<uint32_t>(a >> 4) << i | static_cast<uint32_t>(b >> 4) << (i + 16);
  }
  store_bits(block + 2, high);
}

// Large values matter more than small ones, and all matter some.
ScaleFit fit_part(std::span<const float> part, const MinimumSearch& search) {
  float squares = 0;
  for (float x : part) squares += x * x;
  float mean = std::sqrt(squares / static_cast<float>(part.size()));
  std::array<float, 32> weights;
  for (size_t i = 0; i < part.size(); ++i) weights[i] = mean + std::fabs(part[i]);
  return fit_with_minimum(part, weights, search);
}

// The head of a Q4_K or Q5_K block: both halves and the eight pairs of scale and minimum. Gives `level` each
// element's place and level, chosen anew for the scale and minimum that a reader will see.
template <class Level>
void write_super_block(const float* in, uint8_t* block, const MinimumSearch& search, Level level) {
  std::array<ScaleFit, 8> fits;
  float scale_most = 0, minimum_most = 0;
  for (size_t part = 0; part < 8; ++part) {
    fits[part] = fit_part({in + part * 32, 32}, search);
    scale_most = std::max(scale_most, fits[part].scale);
    minimum_most = std::max(minimum_most, fits[part].minimum);
  }
  float scale = store_f16(block, scale_most / 63), minimum = store_f16(block + 2, minimum_most / 63);
  float to_scale = 63 * inverse_or_zero(scale_most), to_minimum = 63 * inverse_or_zero(minimum_most);
  for (int part = 0; part < 8; ++part) {
    const ScaleFit& fit = fits[static_cast<size_t>(part)];
    ScaleAndMinimum pair{static_cast<uint8_t>(level_of(fit.scale * to_scale, 0, 63)),
                         static_cast<uint8_t>(level_of(fit.minimum * to_minimum, 0, 63))};
    store_pair(block + 4, part, pair);
    float d = scale * static_cast<float>(pair.scale), m = minimum * static_cast<float>(pair.minimum);
    if (d == 0) continue;
    for (int i = 0; i < 32; ++i) level(part, i, level_of((in[part * 32 + i] + m) / d, 0, search.level_max));
  }
}

void write_q4_k(const float* in, uint8_t* block) {
  std::fill(block, block + 144, uint8_t{0});
  write_super_block(in, block, {.level_max = 15, .steps = 20, .from = -1.0f},
                    [&](int part, int i, int level) {
                      uint8_t& byte = block[16 + part / 2 * 32 + i];
                      byte = static_cast<uint8_t>(byte | level << (part % 2 * 4));
                    });
}

void write_q5_k(const float* in, uint8_t* block) {
  std::fill(block, block + 176, uint8_t{0});
  write_super_block(in, block, {.level_max = 31, .steps = 15, .from = -0.5f},
                    [&](int part, int i, int level) {
                      uint8_t& low = block[48 + part / 2 * 32 + i];
                      low = static_cast<uint8_t>(low | (level & 15) << (part % 2 * 4));
                      block[16 + i] = static_cast<uint8_t>(block[16 + i] | level >> 4 << part);
                    });
}

void write_q6_k(const float* in, uint8_t* block) {
  std::array<float, 16> scales;
  float extreme = 0;
  for (size_t part = 0; part < 16; ++part) {
    scales[part] = fit_signed({in + part * 16, 16}, 32);
    if (std::fabs(scales[part]) > std::fabs(extreme)) extreme = scales[part];
  }
  std::fill(block, block + 210, uint8_t{0});
  if (extreme == 0) return;
  float inverse = -128 / extreme, scale = store_f16(block + 208, 1 / inverse);
  for (int at = 0; at < kSuperBlock; ++at) {
    int part_scale = level_of(scales[static_cast<size_t>(at / 16)] * inverse, -128, 127);
    block[192 + at / 16] = static_cast<uint8_t>(part_scale);
    float d = scale * static_cast<float>(part_scale);
    int level = d == 0 ? 32 : level_of(in[at] / d, -32, 31) + 32;
    int half = at / 128, quarter = at % 128 / 32, i = at % 32;
    uint8_t& low = block[half * 64 + quarter % 2 * 32 + i];
    low = static_cast<uint8_t>(low | (level & 15) << (quarter < 2 ? 0 : 4));
    uint8_t& high = block[128 + half * 32 + i];
    high = static_cast<uint8_t>(high | level >> 4 << 2 * quarter);
  }
}

using WriteBlock = void (*)(const float*, uint8_t*);
WriteBlock writer_of(GgufTensorType type) {
  switch (type) {
    case GgufTensorType::F32:
      return write_f32;
    case GgufTensorType::F16:
      return write_f16;
    case GgufTensorType::BF16:
      return write_bf16;
    case GgufTensorType::Q8_0:
      return write_q8_0;
    case GgufTensorType::Q5_0:
      return write_q5_0;
    case GgufTensorType::Q4_K:
      return write_q4_k;
    case GgufTensorType::Q5_K:
      return write_q5_k;
    case GgufTensorType::Q6_K:
      return write_q6_k;
    default:
      return nullptr;
  }
}

}  // namespace

void quantise_row(GgufTensorType type, std::span<const float> values, std::span<uint8_t> blocks) {
  const GgufBlockShape& shape = block_shape(type);
  WriteBlock write = writer_of(type);
  RETORT_CHECK(write != nullptr, "{} is read only", shape.name);
  size_t count = values.size() / shape.elements;
  RETORT_CHECK(count * shape.elements == values.size() && count * shape.bytes == blocks.size(),
               "{} values of {} in {} bytes", values.size(), shape.name, blocks.size());
  for (size_t i = 0; i < count; ++i)
    write(values.data() + i * shape.elements, blocks.data() + i * shape.bytes);
}

}  // namespace retort
