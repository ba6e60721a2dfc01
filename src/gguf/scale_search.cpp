#include "gguf/scale_search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gguf/block_round.h"

namespace retort {
namespace {

// Steps and ranges as in llama.cpp's reference quantisers.
constexpr float kMinimumStep = 0.1f;
constexpr int kSignedSteps = 9;
constexpr float kSignedStep = 0.1f, kTooSmall = 1e-15f;

// Sums over one rounding of the values: what the best line through (level, value) needs.
struct LineSums {
  float weight = 0, x = 0, level = 0, level2 = 0, x_level = 0;
};

// The best line for these sums; a minimum above zero is not to be had.
ScaleFit best_line(const LineSums& s) {
  float determinant = s.weight * s.level2 - s.level * s.level;
  if (determinant <= 0) return {};
  ScaleFit fit{(s.weight * s.x_level - s.x * s.level) / determinant,
               -(s.level2 * s.x - s.level * s.x_level) / determinant};
  if (fit.minimum < 0) fit = {s.x_level / s.level2, 0};
  return fit;
}

float signed_scale(std::span<const float> values, float inverse, int level_end, float& gain) {
  float x_level = 0, level2 = 0;
  for (float x : values) {
    float level =
        nearest_within(inverse * x, static_cast<float>(-level_end), static_cast<float>(level_end - 1));
    float w = x * x;
    x_level += w * x * level;
    level2 += w * level * level;
  }
  if (level2 <= 0) {
    gain = 0;
    return 0;
  }
  gain = x_level * x_level / level2;  // how much of the error this scale removes
  return x_level / level2;
}

}  // namespace

ScaleFit fit_with_minimum(std::span<const float> values, std::span<const float> weights,
                          const MinimumSearch& search) {
  std::array<float, 32> levels;
  RETORT_CHECK(values.size() <= levels.size() && values.size() == weights.size(), "{} values, {} weights",
               values.size(), weights.size());
  auto [least, most] = std::minmax_element(values.begin(), values.end());
  const float low = std::min(*least, 0.0f), high = *most, top = static_cast<float>(search.level_max);
  if (high <= low) return {0, -low};
  auto round_all = [&](float inverse) {
    LineSums s;
    for (size_t i = 0; i < values.size(); ++i) {
      float level = levels[i] = nearest_within(inverse * (values[i] - low), 0, top), w = weights[i];
      s.weight += w;
      s.x += w * values[i];
      s.level += w * level;
      s.level2 += w * level * level;
      s.x_level += w * values[i] * level;
    }
    return s;
  };
  auto error_of = [&](ScaleFit fit) {
    float error = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      float difference = fit.scale * levels[i] - fit.minimum - values[i];
      error += weights[i] * difference * difference;
    }
    return error;
  };
  ScaleFit best{(high - low) / top, -low};
  round_all(top / (high - low));
  float least_error = error_of(best);
  for (int step = 0; step <= search.steps; ++step) {
    ScaleFit fit =
        best_line(round_all((search.from + kMinimumStep * static_cast<float>(step) + top) / (high - low)));
    if (fit.scale == 0) continue;
    if (float error = error_of(fit); error < least_error) {
      least_error = error;
      best = fit;
    }
  }
  return best;
}

float fit_signed(std::span<const float> values, int level_end) {
  float extreme = 0;
  for (float x : values)
    if (std::fabs(x) > std::fabs(extreme)) extreme = x;
  if (std::fabs(extreme) < kTooSmall) return 0;
  float best_gain = 0, best = 0;
  for (int step = -kSignedSteps; step <= kSignedSteps; ++step) {
    float inverse = -(static_cast<float>(level_end) + kSignedStep * static_cast<float>(step)) / extreme;
    float gain = 0, scale = signed_scale(values, inverse, level_end, gain);
    if (gain > best_gain) {
      best_gain = gain;
      best = scale;
    }
  }
  return best;
}

}  // namespace retort
