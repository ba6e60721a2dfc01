// The batches of a run: what was handed to a batch API, recorded before it leaves, so that a run that was
// killed finds it again instead of paying for another.
#pragma once

#include <string_view>
#include <vector>

#include "store/run_store.h"
#include "store/sqlite.h"

namespace retort {

class BatchLog {
 public:
  explicit BatchLog(Database& database) : database_(database) {}
  // Within a transaction; a batch of the same mark is replaced.
  void save(const BatchRecord& batch);
  // Those that are not Ended, oldest first.
  std::vector<BatchRecord> open(std::string_view endpoint);

 private:
  Database& database_;
};

}  // namespace retort
