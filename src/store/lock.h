// One process works on a run: run.lock in the run folder, held by flock, so that it falls with its holder
// whatever kills it. Inside stands who holds it, for the message; an empty or old text means nothing.
#pragma once

#include <optional>
#include <string_view>

#include "base/file.h"

namespace retort {

class RunLock {
 public:
  // Locked when another process (or another open store of this one) has it; the message names its pid, host
  // and boot.
  static Result<RunLock> take(const Path& folder);
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  bool is_held_ = false;
};

// Whether a process works on the run now. Takes no lock for longer than it takes to ask.
bool run_is_locked(const Path& folder);

// "NFS", "SMB", ... when this statfs type is a network file system, on which SQLite's WAL and flock cannot be
// trusted.
std::optional<std::string_view> network_file_system(int64_t statfs_type);
// InvalidArgument when `folder` (which exists) lies on one.
Result<void> require_local_file_system(const Path& folder);

}  // namespace retort
