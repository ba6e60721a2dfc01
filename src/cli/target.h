// What a command is pointed at: a model folder, a GGUF file, a hub name, or a run's folder, whose student it
// then is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace retort {

struct Target {
  Path model;               // a model folder or a GGUF file; empty: a run that has no student yet
  std::optional<Path> run;  // the run's folder
  std::string name;         // what a user would call it
};

bool is_run_folder(const Path& folder);
// The checkpoint whose student the finished run gives its user, in fp32, where run/export may be rounded
// already; none before its end.
std::optional<Path> finished_student(const Path& run);
// The trainings that a run has finished, as their folders under checkpoints/ are called ("imitate_1",
// "control/imitate_1"), the main arm's first, by round.
std::vector<std::string> checkpoints_of(const Path& run);
// Of a run that is not finished the student of its last finished training.
Target open_target(const std::string& text);

}  // namespace retort
