// What a running process says of itself, for those who watch: live.json in the run folder, written anew at
// most once a second and gone when the process ends. No fact of the run: whoever reads it must know from the
// lock that the run is alive.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

namespace retort {

struct LiveState {
  std::string stage, detail;             // "imitate_2", "loss 0.83, 15102 tokens/s"
  int64_t done = 0, all = 0;             // of the stage's rows or steps; all is 0 where nobody knows
  int64_t begun_ms = 0, written_ms = 0;  // wall clock
  int64_t memory_bytes = 0;              // resident; 0 where the system does not say
};

class LiveFile {
 public:
  explicit LiveFile(Path folder, Clock& clock = system_clock()) : folder_(std::move(folder)), clock_(clock) {}
  ~LiveFile();
  LiveFile(const LiveFile&) = delete;
  LiveFile& operator=(const LiveFile&) = delete;
  // That the file cannot be written harms nobody but the watcher.
  void tell(const std::string& stage, int64_t done, int64_t all, const std::string& detail);

 private:
  Path folder_;
  Clock& clock_;
  std::map<std::string, int64_t> begun_ms_;  // of each stage; two can be open
  int64_t written_ms_ = 0;
};

// Nothing where there is none, or none that can be read.
std::optional<LiveState> read_live(const Path& folder);

}  // namespace retort
