// The figures of the run as last read, shared by all who watch: read anew when the store has changed, but
// never so often that reading takes more than a small share of the time.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "serve/run_view.h"
#include "store/sqlite.h"

namespace retort {

struct Figures {
  RunView view;
  std::string json;     // figures_json(view)
  int64_t version = 0;  // grows whenever they are read anew
};

// Safe on several threads. Throws RunError when the store cannot be read.
class ViewCache {
 public:
  explicit ViewCache(Path folder, Clock& clock = system_clock());
  std::shared_ptr<const Figures> figures();

 private:
  bool is_stale();
  void read();

  std::mutex mutex_;
  Path folder_;
  Clock& clock_;
  std::unique_ptr<Database> watch_;  // its data_version moves with every commit of the run's process
  int64_t data_version_ = -1;
  bool was_locked_ = false;
  int64_t read_ms_ = 0, cost_ms_ = 0;
  std::shared_ptr<const Figures> figures_;
};

}  // namespace retort
