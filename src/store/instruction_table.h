// The instructions of a run. Ids are the smallest unused ones, in order, so that a stage which is repeated
// gives its instructions the ids they had.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "store/call_log.h"
#include "store/sqlite.h"

namespace retort {

class InstructionTable {
 public:
  InstructionTable(Database& database, CallLog& calls) : database_(database), calls_(calls) {}
  void add(int64_t stage_id, std::span<Instruction> instructions);
  // Nothing for `stage_id`: those of all stages. In id order; `visit` may use the store freely, and does not
  // see what it adds.
  void for_each(std::optional<int64_t> stage_id, const std::function<void(const Instruction&)>& visit);
  std::vector<Instruction> get(std::span<const int64_t> ids);
  std::vector<int64_t> ids(std::optional<int64_t> stage_id);
  int64_t count();
  void drop_stage(int64_t stage_id);

 private:
  int64_t take_free_id();
  Instruction read(const Query& row);

  Database& database_;
  CallLog& calls_;
  std::optional<int64_t> next_free_;  // no smaller id is unused; nothing: not known yet
  int64_t known_since_ = 0;           // database_.rollbacks() when next_free_ was true
};

}  // namespace retort
