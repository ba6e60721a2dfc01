#include "store/instruction_table.h"

#include "store/schema.h"

namespace retort {
namespace {

constexpr int kPage = 256;  // rows read at once by for_each, so that no long read holds up the checkpoint

const std::string kInsert = insert_sql(kInstructions);
const std::string kSelectOne = select_sql(kInstructions, "WHERE id = ?");
const std::string kSelectAll = select_sql(kInstructions, "WHERE id > ? AND id <= ? ORDER BY id LIMIT ?");
const std::string kSelectStage =
    select_sql(kInstructions, "WHERE stage_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?");

std::optional<int64_t> null_for_none(int64_t id) { return id == 0 ? std::nullopt : std::optional(id); }

}  // namespace

void InstructionTable::add(int64_t stage_id, std::span<Instruction> instructions) {
  for (Instruction& instruction : instructions) {
    int64_t id = take_free_id();
    database_.run(kInsert, id, stage_id, instruction.text, instruction.kind, origin_name(instruction.origin),
                  instruction.round, null_for_none(instruction.parent_id), calls_.id_of(instruction.call_key),
                  kind_source_name(instruction.kind_source), instruction.kind_confidence);
    // Answers that an earlier try of the stage left under this id belong to the text they answered.
    database_.run("DELETE FROM answers WHERE instruction_id = ?1 AND text_sum <> row_sum(?2)", id,
                  instruction.text);
    database_.run("DELETE FROM teacher_answers WHERE instruction_id = ?1 AND text_sum <> row_sum(?2)", id,
                  instruction.text);
    instruction.id = id;
  }
}

int64_t InstructionTable::take_free_id() {
  if (known_since_ != database_.rollbacks()) next_free_.reset();
  known_since_ = database_.rollbacks();
  if (!next_free_) {
    int64_t largest = database_.integer("SELECT max(id) FROM instructions");
    bool has_gaps = count() < largest;
    // The id before the first gap; 0 when that gap is the beginning.
    int64_t before_gap = !has_gaps
                             ? largest
                             : database_.integer(
                                   "SELECT coalesce(min(id), 0) FROM (SELECT 0 AS id UNION ALL SELECT id "
                                   "FROM instructions) a WHERE NOT EXISTS "
                                   "(SELECT 1 FROM instructions b WHERE b.id = a.id + 1)");
    next_free_ = before_gap + 1;
  }
  while (database_.query("SELECT 1 FROM instructions WHERE id = ?", *next_free_).next()) ++*next_free_;
  return (*next_free_)++;
}

Instruction InstructionTable::read(const Query& row) {
  return {.id = row.integer(1),
          .text = row.text(3),
          .kind = row.text(4),
          .kind_source = parse_kind_source(row.text(9)),
          .kind_confidence = row.real_or_null(10),
          .origin = parse_origin(row.text(5)),
          .round = static_cast<int>(row.integer(6)),
          .parent_id = row.integer_or_null(7).value_or(0),
          .call_key = calls_.key_of(row.integer_or_null(8))};
}

void InstructionTable::for_each(std::optional<int64_t> stage_id,
                                const std::function<void(const Instruction&)>& visit) {
  int64_t end = database_.integer("SELECT max(id) FROM instructions"), last_id = 0;
  for (size_t got = kPage; got == kPage;) {
    std::vector<Instruction> page;
    {
      Query row = stage_id ? database_.query(kSelectStage, *stage_id, last_id, end, kPage)
                           : database_.query(kSelectAll, last_id, end, kPage);
      while (next_intact(row, kInstructions)) page.push_back(read(row));
    }
    got = page.size();
    for (const Instruction& instruction : page) {
      last_id = instruction.id;
      visit(instruction);
    }
  }
}

std::vector<Instruction> InstructionTable::get(std::span<const int64_t> ids) {
  std::vector<Instruction> instructions;
  instructions.reserve(ids.size());
  for (int64_t id : ids) {
    Query row = database_.query(kSelectOne, id);
    RETORT_CHECK(next_intact(row, kInstructions), "there is no instruction {}", id);
    instructions.push_back(read(row));
  }
  return instructions;
}

std::vector<int64_t> InstructionTable::ids(std::optional<int64_t> stage_id) {
  std::vector<int64_t> ids;
  Query row = stage_id
                  ? database_.query("SELECT id FROM instructions WHERE stage_id = ? ORDER BY id", *stage_id)
                  : database_.query("SELECT id FROM instructions ORDER BY id");
  while (row.next()) ids.push_back(row.integer(0));
  return ids;
}

int64_t InstructionTable::count() { return database_.integer("SELECT count(*) FROM instructions"); }

void InstructionTable::drop_stage(int64_t stage_id) {
  database_.run("DELETE FROM instructions WHERE stage_id = ?", stage_id);
  next_free_.reset();
}

}  // namespace retort
