#include "serve/arm_difference.h"

#include <algorithm>

namespace retort {

std::optional<ArmDifference> arm_difference(const RunView& view, Kinds which) {
  if (!view.control) return std::nullopt;
  std::optional<ArmDifference> found;
  for (const RoundView& main : view.main.rounds)
    for (const RoundView& control : view.control->rounds) {
      if (main.round != control.round || main.round == 0) continue;
      std::vector<double> a, b;
      for (const auto& [kind, score] : main.kinds) {
        auto other = control.kinds.find(kind);
        bool wanted = which == Kinds::All || std::find(view.hard_kinds.begin(), view.hard_kinds.end(),
                                                       kind) != view.hard_kinds.end();
        if (other == control.kinds.end() || !wanted) continue;
        a.push_back(score.exact);
        b.push_back(other->second.exact);
      }
      if (std::optional<Estimate> points = paired_bootstrap_interval(a, b))
        found = ArmDifference{main.round, a.size(), *points};
    }
  return found;
}

}  // namespace retort
