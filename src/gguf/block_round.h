// Rounding to the nearest whole number, ties to even, in two additions: the quantisers do little else.
#pragma once

#include <algorithm>

namespace retort {

// |value| may be at most 2^22; what is larger must be cut to [least, most] by the caller's range first.
inline float nearest(float value) {
  constexpr float kShift = 12'582'912.0f;  // 1.5 * 2^23: a sum with it has no bits left for a fraction
  return (value + kShift) - kShift;
}
inline float nearest_within(float value, float least, float most) {
  return nearest(std::min(std::max(value, least), most));
}

}  // namespace retort
