// Which rows each step trains on, as a function of the step alone: a run that goes on needs no other memory
// of where it was in the data.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "train/packing.h"
#include "train/trainer.h"

namespace retort {

// The rows of one epoch follow those of the one before. With a number of epochs the last step may hold fewer
// rows; with a number of steps all hold the same. Refers to the data and the options.
class StepPlan {
 public:
  StepPlan(std::span<const TokenSequence> data, const TrainOptions& options);
  int64_t steps() const { return (rows_total_ + options_.rows_per_step - 1) / options_.rows_per_step; }
  std::vector<PackedRow> rows_of(int64_t step);

 private:
  void load_epoch(int64_t epoch);

  std::span<const TokenSequence> data_;
  const TrainOptions& options_;
  int64_t rows_per_epoch_ = 0, rows_total_ = 0;
  std::optional<int64_t> epoch_;  // whose rows are held
  std::vector<PackedRow> rows_;
};

}  // namespace retort
