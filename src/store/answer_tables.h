// Answers: the student's, one per stage and instruction, and the teacher's, one per instruction for the whole
// run. They outlive a repeated stage; an answer whose instruction did not come back goes at its end.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "store/call_log.h"
#include "store/sqlite.h"

namespace retort {

class AnswerTables {
 public:
  AnswerTables(Database& database, CallLog& calls) : database_(database), calls_(calls) {}
  void add(int64_t stage_id, std::span<const StoredAnswer> answers);
  std::map<int64_t, Answer> get(int64_t stage_id, std::span<const int64_t> ids);
  std::vector<int64_t> answered_ids(int64_t stage_id);
  void add_teacher(int64_t stage_id, std::span<const StoredAnswer> answers);
  std::map<int64_t, Answer> get_teacher(std::span<const int64_t> ids);
  int64_t teacher_count();
  // Removes the answers to instructions that do not exist.
  void drop_orphans();

 private:
  void insert(const std::string& sql, int64_t stage_id, std::span<const StoredAnswer> answers);
  Answer read(const Query& row);

  Database& database_;
  CallLog& calls_;
};

}  // namespace retort
