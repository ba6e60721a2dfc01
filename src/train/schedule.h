// The learning rate as a share of its peak: linear warm-up, then cosine, linear or constant.
#pragma once

#include "base/result.h"
#include "train/trainer.h"

namespace retort {

// Of step `step` (from 0) of `steps`. Requires check_schedule.
double schedule_share(const TrainOptions& options, int64_t step, int64_t steps);
// InvalidArgument when the schedule has no such name, or its numbers make no sense.
Result<void> check_schedule(const TrainOptions& options);

}  // namespace retort
