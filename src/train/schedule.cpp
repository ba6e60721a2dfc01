#include "train/schedule.h"

#include <cmath>
#include <numbers>

namespace retort {

double schedule_share(const TrainOptions& options, int64_t step, int64_t steps) {
  int64_t warmup = static_cast<int64_t>(std::ceil(options.warmup_share * static_cast<double>(steps)));
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
  double progress =
      static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, steps - warmup));
  double left = 1;
  if (options.schedule == "cosine") left = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  if (options.schedule == "linear") left = 1 - progress;
  return options.final_share + (1 - options.final_share) * left;
}

Result<void> check_schedule(const TrainOptions& options) {
  if (options.schedule != "cosine" && options.schedule != "linear" && options.schedule != "constant")
    return Error{
        ErrorCode::InvalidArgument,
        format("schedule \"{}\" is not known; use \"cosine\", \"linear\" or \"constant\"", options.schedule)};
  if (!(options.warmup_share >= 0 && options.warmup_share <= 1))
    return Error{ErrorCode::InvalidArgument,
                 format("warmup_share is {}; it is a share of all steps, from 0 to 1", options.warmup_share)};
  if (!(options.final_share >= 0 && options.final_share <= 1))
    return Error{ErrorCode::InvalidArgument,
                 format("final_share is {}; it is a share of the peak, from 0 to 1", options.final_share)};
  return {};
}

}  // namespace retort
