#include "train/step_plan.h"

#include <algorithm>
#include <cmath>

namespace retort {

StepPlan::StepPlan(std::span<const TokenSequence> data, const TrainOptions& options)
    : data_(data), options_(options) {
  load_epoch(0);
  rows_per_epoch_ = static_cast<int64_t>(rows_.size());
  int64_t from_epochs = std::llround(options.epochs * static_cast<double>(rows_per_epoch_));
  rows_total_ = options.steps > 0 ? options.steps * options.rows_per_step : std::max<int64_t>(1, from_epochs);
}

std::vector<PackedRow> StepPlan::rows_of(int64_t step) {
  std::vector<PackedRow> rows;
  int64_t begin = step * options_.rows_per_step, end = std::min(begin + options_.rows_per_step, rows_total_);
  for (int64_t i = begin; i < end; ++i) {
    load_epoch(i / rows_per_epoch_);
    rows.push_back(rows_[static_cast<size_t>(i % rows_per_epoch_)]);
  }
  return rows;
}

void StepPlan::load_epoch(int64_t epoch) {
  if (epoch_ == epoch) return;
  rows_ = epoch_rows(data_, options_.row_tokens, options_.seed, static_cast<uint64_t>(epoch));
  epoch_ = epoch;
}

}  // namespace retort
