// How far the main arm is ahead of the control, kind by kind: both were asked the same held-out instructions,
// so the difference is paired, and its interval is that of the kinds drawn, for this one run.
#pragma once

#include <optional>

#include "serve/run_view.h"

namespace retort {

struct ArmDifference {
  int round = 0;  // the last one that both arms have measured
  size_t kinds = 0;
  Estimate points;  // main - control, mean over kinds, in shares
};
enum class Kinds { All, HardThird };
// Nothing without a control, or before a round of its own.
std::optional<ArmDifference> arm_difference(const RunView& view, Kinds which);

}  // namespace retort
