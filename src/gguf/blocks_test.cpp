#include "gguf/blocks.h"

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "base/test.h"
#include "gguf/half.h"

namespace retort {
namespace {

constexpr GgufTensorType kWritten[] = {GgufTensorType::F32,  GgufTensorType::F16,  GgufTensorType::BF16,
                                       GgufTensorType::Q8_0, GgufTensorType::Q5_0, GgufTensorType::Q4_K,
                                       GgufTensorType::Q5_K, GgufTensorType::Q6_K};

std::vector<float> through(GgufTensorType type, const std::vector<float>& values) {
  std::vector<uint8_t> blocks(values.size() / block_shape(type).elements * block_shape(type).bytes);
  quantise_row(type, values, blocks);
  std::vector<float> back(values.size());
  dequantise_row(type, blocks, back);
  return back;
}

// Root of the mean squared error, as a share of the values' own.
double relative_error(GgufTensorType type, const std::vector<float>& values) {
  std::vector<float> back = through(type, values);
  double error = 0, size = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    error += std::pow(back[i] - values[i], 2);
    size += std::pow(values[i], 2);
  }
  return std::sqrt(error / size);
}

std::vector<float> normal_values(size_t count, double deviation = 0.02) {
  std::vector<float> values(count);
  Random random(3, "gguf/blocks");
  for (float& value : values) value = static_cast<float>(deviation * random.normal());
  return values;
}

TEST_CASE("every fp16 is the same after a way through fp32") {
  for (uint32_t half = 0; half < 65'536; ++half) {
    float value = float_of_f16(static_cast<uint16_t>(half));
    if (std::isnan(value))
      CHECK(std::isnan(float_of_f16(f16_of_float(value))));
    else
      CHECK(f16_of_float(value) == half);
  }
}

TEST_CASE("fp16 rounds to nearest, ties to even, as the processor does") {
  Random random(5, "gguf/half");
  for (int i = 0; i < 200'000; ++i) {
    auto value = std::bit_cast<float>(static_cast<uint32_t>(random.next()));
    if (std::isnan(value)) continue;
    CHECK(f16_of_float(value) == std::bit_cast<uint16_t>(static_cast<_Float16>(value)));
  }
  CHECK(f16_of_float(65'519) == 0x7BFF);
  CHECK(f16_of_float(65'520) == 0x7C00);
  CHECK(float_of_bf16(bf16_of_float(1.00390625f)) == 1.0f);
}

TEST_CASE("normal weights come back within each type's error") {
  std::vector<float> values = normal_values(64 * 256);
  CHECK(relative_error(GgufTensorType::F32, values) == 0);
  CHECK(relative_error(GgufTensorType::F16, values) < 3e-4);
  CHECK(relative_error(GgufTensorType::BF16, values) < 2e-3);
  CHECK(relative_error(GgufTensorType::Q8_0, values) < 0.0065);
  CHECK(relative_error(GgufTensorType::Q6_K, values) < 0.020);
  CHECK(relative_error(GgufTensorType::Q5_0, values) < 0.045);
  CHECK(relative_error(GgufTensorType::Q5_K, values) < 0.037);
  CHECK(relative_error(GgufTensorType::Q4_K, values) < 0.075);
}

TEST_CASE("zeros, one outlier, one sign, and constants survive every type") {
  for (GgufTensorType type : kWritten) {
    INFO(block_shape(type).name);
    std::vector<float> values(256, 0.0f);
    for (float x : through(type, values)) CHECK(x == 0.0f);
    values[100] = -3;
    CHECK(through(type, values)[100] == doctest::Approx(-3).epsilon(0.04));
    for (float x : {0.7f, -0.7f, 1e-30f, 3e4f}) {
      std::fill(values.begin(), values.end(), x);
      bool too_small_for_half =
          x < 1e-10f && x > 0 && type != GgufTensorType::F32 && type != GgufTensorType::BF16;
      if (!too_small_for_half) CHECK(through(type, values)[7] == doctest::Approx(x).epsilon(0.04));
    }
  }
}

TEST_CASE("writing what was read gives the same numbers again") {
  std::vector<float> values = normal_values(8 * 256);
  for (GgufTensorType type :
       {GgufTensorType::F32, GgufTensorType::F16, GgufTensorType::BF16, GgufTensorType::Q8_0}) {
    std::vector<float> once = through(type, values);
    CHECK(through(type, once) == once);
  }
}

TEST_CASE("random bytes of every type are numbers or no numbers, never a fault") {
  Random random(9, "gguf/bytes");
  for (const GgufBlockShape& shape : kGgufBlockShapes) {
    std::vector<uint8_t> blocks(shape.bytes * 200);
    for (uint8_t& byte : blocks) byte = static_cast<uint8_t>(random.below(256));
    std::vector<float> values(shape.elements * 200);
    dequantise_row(shape.type, blocks, values);
  }
}

}  // namespace
}  // namespace retort
