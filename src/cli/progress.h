// Progress of a run: one line that moves on a terminal, a line a stage elsewhere. With rate and time left
// where they can be known.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "recipe/arm.h"

namespace retort {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  void show(const StageProgress& progress);
  void say(const std::string& line);

 private:
  void clear();
  bool terminal_;
  bool moving_ = false;                      // a line without its end stands on the terminal
  std::map<std::string, int64_t> began_ms_;  // of each open stage; two can be
  int64_t shown_ms_ = 0;
};

// Runs the file in the folder with progress, then writes the report and prints the rounds. The exit code.
int run_and_report(const RunFile& file, const Path& folder);

}  // namespace retort
