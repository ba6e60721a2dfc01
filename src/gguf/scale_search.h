// The search for the scale (and minimum) with which few bits lose the least: around the scale that the
// extremes suggest, other roundings are tried, each with the scale that fits it best in weighted least
// squares.
#pragma once

#include <span>

#include "base/check.h"

namespace retort {

// x ~ scale * level - minimum with levels 0..level_max and minimum >= 0; the error is weighted.
struct ScaleFit {
  float scale = 0, minimum = 0;
};
struct MinimumSearch {
  int level_max = 15, steps = 20;
  float from = -1.0f;  // the first step's change of level_max; each further one adds 0.1
};
ScaleFit fit_with_minimum(std::span<const float> values, std::span<const float> weights,
                          const MinimumSearch& search);

// x ~ scale * level with levels -level_end .. level_end - 1; errors weigh as x^2, so that large ones stay. 0
// for values too small to matter.
float fit_signed(std::span<const float> values, int level_end);

}  // namespace retort
