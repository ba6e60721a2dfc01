// The part of a run's view that costs a pass over its rows.
#pragma once

#include <vector>

#include "serve/run_view.h"

namespace retort {

// `view` has its figures already.
Evidence read_evidence(RunStore& store, const std::vector<StageRecord>& stages, const RunView& view);

}  // namespace retort
