// A disk in memory for SQLite: a VFS that stands in for the machine's while it lives, remembers what was
// synced and what was not, and fails where it is told to. It can die at any step (kill -9: what was written
// stays) and lose its power (what was not synced stays, goes, or is torn at sectors of 512 bytes, in any
// order). One at a time in a process, one thread, one connection a file. For tests and the simulator.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace retort {

enum class DiskFault {
  None,
  IoError,  // the step has no effect and fails
  Full,     // the same, for want of space
  Die,      // the step has no effect, and neither has any later one until restart()
};
enum class DiskStep { Write, Sync, Truncate, Remove };

class MemoryDisk {
 public:
  // Entropy and time of SQLite come from here too.
  MemoryDisk(Clock& clock, Random random);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // Asked before every step that changes something.
  std::function<DiskFault(DiskStep)> on_step;

  void die();
  bool is_dead() const;
  // The machine is on again: the process's memory is gone, the files are there.
  void restart();
  void lose_power(Random& random);
  // All bytes of all files, one file after the other.
  std::string all_bytes() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace retort
