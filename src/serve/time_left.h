// What is still to come of a run, in seconds and money: stages that have not finished are taken to last, and
// to cost, what their kind did in the round before. Nothing before a whole round has been seen.
#pragma once

#include <optional>

#include "serve/live_file.h"
#include "serve/run_view.h"

namespace retort {

struct TimeLeft {
  std::optional<double> stage_seconds;  // of the stage at work, from its own pace
  std::optional<double> all_seconds;
  std::optional<int64_t> projected;  // billionths: what is spent and what is to come
};
// `view` with its evidence's calls; `live` of a running process.
TimeLeft time_left(const RunView& view, const std::optional<LiveState>& live, int64_t now_ms);

}  // namespace retort
