// The stages of a run: which have begun, which have finished and with what counts. A stage that finished is
// never begun again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/run_store.h"
#include "store/sqlite.h"

namespace retort {

class StageLog {
 public:
  explicit StageLog(Database& database) : database_(database) {}
  // The stage's id when it is to run (its rows of an earlier try are the caller's to drop); nothing when it
  // has finished.
  std::optional<int64_t> begin(std::string_view name);
  // How often the stage was begun.
  int64_t finish(std::string_view name, const StageCounts& counts, const Json& note);
  std::optional<StageRecord> find(std::string_view name);
  std::vector<StageRecord> all();
  // Nothing when it never began.
  std::optional<int64_t> id_of(std::string_view name);
  // To write rows of it: it must have begun and not finished.
  int64_t open_id_of(std::string_view name);

 private:
  Database& database_;
  std::map<std::string, int64_t, std::less<>> open_;  // begun and not finished, as far as we were asked
  int64_t open_since_ = 0;                            // database_.rollbacks() when open_ was true
};

}  // namespace retort
