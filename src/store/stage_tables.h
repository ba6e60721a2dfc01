// What a stage derives and can derive again: verdicts, drops and metrics.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "store/call_log.h"
#include "store/sqlite.h"

namespace retort {

class StageTables {
 public:
  StageTables(Database& database, CallLog& calls) : database_(database), calls_(calls) {}
  void add_verdicts(int64_t stage_id, std::span<const Verdict> verdicts);
  std::vector<Verdict> verdicts(int64_t stage_id);
  std::vector<Verdict> verdicts(int64_t stage_id, std::span<const int64_t> ids);
  void add_drops(int64_t stage_id, std::span<const Drop> drops);
  std::vector<Drop> drops(int64_t stage_id);
  std::map<std::string, int64_t> drop_counts(int64_t stage_id);
  void set_metric(int64_t stage_id, std::string_view name, double value);
  std::map<std::string, double> metrics(int64_t stage_id);
  void drop_stage(int64_t stage_id);

 private:
  void read_verdicts(Query row, std::vector<Verdict>& to);

  Database& database_;
  CallLog& calls_;
};

}  // namespace retort
