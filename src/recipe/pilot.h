// A pilot: a few calls of each role on seeds drawn at random, to know what such calls are like before the run
// is begun. The calls go into the run's own store, so the teacher's answers among them are not paid for
// again.
#pragma once

#include "recipe/endpoints.h"
#include "recipe/plan.h"

namespace retort {

// Throws RunError as any stage does. `calls` a role; the recipe's own roles only.
Assumptions run_pilot(const RunFile& file, Endpoints& endpoints, RunStore& store, int64_t calls);

}  // namespace retort
