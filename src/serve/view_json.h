// The figures of a run as one JSON object: what the dashboard draws and what the report holds, so that both
// show the same. Shares are numbers from 0 to 1, money is in the run's currency, an estimate is [value, low,
// high] (95 %), what does not exist is null.
#pragma once

#include "serve/run_view.h"
#include "serve/time_left.h"

namespace retort {

// `view` was read with Detail::Evidence.
Json figures_json(const RunView& view);
// What moves from second to second: the state, the stage at work, what is left, tokens and money so far.
Json progress_json(const RunView& view, const std::optional<LiveState>& live, int64_t now_ms);
// The samples that the report shows, in the form that a page of samples has (view_samples.h).
Json report_samples_json(const Evidence& evidence);

}  // namespace retort
