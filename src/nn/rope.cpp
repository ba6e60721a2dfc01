#include "nn/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"

namespace retort {
namespace {

// In fp32, as everyone makes them: the last bit of a frequency is visible at position 100,000.
torch::Tensor plain_frequencies(const Rope& rope) {
  torch::Tensor exponents_E =
      torch::arange(0, rope.width, 2, torch::kFloat32) / static_cast<double>(rope.width);
  return torch::pow(rope.base, exponents_E).reciprocal();
}

torch::Tensor llama3_frequencies(const torch::Tensor& plain_E, const RopeScaling& s) {
  torch::Tensor wave_E = 2 * std::numbers::pi / plain_E;  // tokens a turn
  torch::Tensor low_E = wave_E > s.original_context / s.low_frequency;
  torch::Tensor high_E = wave_E < s.original_context / s.high_frequency;
  torch::Tensor ramp_E =
      (s.original_context / wave_E - s.low_frequency) / (s.high_frequency - s.low_frequency);
  torch::Tensor between_E = (1 - ramp_E) * plain_E / s.factor + ramp_E * plain_E;
  return torch::where(low_E, plain_E / s.factor, torch::where(high_E, plain_E, between_E));
}

// The dimension whose frequency makes so many turns within the original context.
double yarn_dimension(const Rope& rope, double turns) {
  double width = static_cast<double>(rope.width);
  return width * std::log(rope.scaling.original_context / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(rope.base));
}

torch::Tensor yarn_frequencies(const torch::Tensor& plain_E, const Rope& rope) {
  const RopeScaling& s = rope.scaling;
  double low = yarn_dimension(rope, s.beta_fast), high = yarn_dimension(rope, s.beta_slow);
  if (s.whole_bounds) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0), high = std::min(high, static_cast<double>(rope.width - 1));
  if (low == high) high += 0.001;
  torch::Tensor ramp_E = ((torch::arange(rope.width / 2, torch::kFloat32) - low) / (high - low)).clamp(0, 1);
  return plain_E / s.factor * ramp_E + plain_E * (1 - ramp_E);
}

torch::Tensor factors(const std::vector<double>& values) {
  return torch::tensor(values, torch::kFloat64).to(torch::kFloat32);
}

RopeTable turn(const torch::Tensor& angles_BTE, double factor) {
  if (factor == 1) return {angles_BTE.cos(), angles_BTE.sin()};
  return {angles_BTE.cos() * factor, angles_BTE.sin() * factor};
}

torch::Tensor scaled_frequencies(const Rope& rope) {
  torch::Tensor plain_E = plain_frequencies(rope);
  switch (rope.scaling.kind) {
    case RopeScalingKind::None:
      return plain_E;
    case RopeScalingKind::Linear:
      return plain_E / rope.scaling.factor;
    case RopeScalingKind::Llama3:
      return llama3_frequencies(plain_E, rope.scaling);
    case RopeScalingKind::Yarn:
      return yarn_frequencies(plain_E, rope);
    case RopeScalingKind::LongRope:
      return plain_E / factors(rope.scaling.short_factors);
  }
  return plain_E;
}

}  // namespace

RopeTable rope_table(const torch::Tensor& positions_BT, const torch::Tensor& lengths_BT, const Rope& rope) {
  RETORT_CHECK(positions_BT.dim() == 2 && rope.width >= 0 && rope.width % 2 == 0,
               "positions of {} dimensions, {} elements rotated", positions_BT.dim(), rope.width);
  if (rope.width == 0) return {};
  torch::Device device = positions_BT.device();
  torch::Tensor positions_BT1 = positions_BT.to(torch::kFloat32).unsqueeze(-1);
  torch::Tensor angles_BTE = positions_BT1 * scaled_frequencies(rope).to(device);
  if (rope.scaling.kind == RopeScalingKind::LongRope) {
    RETORT_CHECK(lengths_BT.sizes() == positions_BT.sizes(), "LongRoPE wants the length of each sequence");
    torch::Tensor long_E = plain_frequencies(rope) / factors(rope.scaling.long_factors);
    torch::Tensor is_long_BT1 = (lengths_BT > rope.scaling.original_context).unsqueeze(-1);
    angles_BTE = torch::where(is_long_BT1, positions_BT1 * long_E.to(device), angles_BTE);
  }
  return turn(angles_BTE, rope.scaling.attention_factor);
}

RopeTable rope_table(const torch::Tensor& positions_BT, int64_t head_width, double base) {
  return rope_table(positions_BT, {}, {.width = head_width, .base = base, .scaling = {}});
}

double yarn_attention_factor(double factor) { return factor <= 1 ? 1.0 : 0.1 * std::log(factor) + 1.0; }

double long_rope_attention_factor(double factor, double original_context) {
  return factor <= 1 ? 1.0 : std::sqrt(1 + std::log(factor) / std::log(original_context));
}

torch::Tensor rotate(const torch::Tensor& x_BTHE, const RopeTable& table) {
  if (!table.cos_BTE.defined()) return x_BTHE;
  int64_t half = table.cos_BTE.size(-1);
  RETORT_CHECK(x_BTHE.dim() == 4 && x_BTHE.size(-1) >= 2 * half, "head width {}, table {}", x_BTHE.size(-1),
               half);
  torch::Tensor cos = table.cos_BTE.unsqueeze(2).to(x_BTHE.scalar_type());
  torch::Tensor sin = table.sin_BTE.unsqueeze(2).to(x_BTHE.scalar_type());
  torch::Tensor a = x_BTHE.narrow(-1, 0, half), b = x_BTHE.narrow(-1, half, half);
  std::vector<torch::Tensor> parts = {a * cos - b * sin, b * cos + a * sin};
  if (x_BTHE.size(-1) > 2 * half) parts.push_back(x_BTHE.narrow(-1, 2 * half, x_BTHE.size(-1) - 2 * half));
  return torch::cat(parts, -1);
}

}  // namespace retort
