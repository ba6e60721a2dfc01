#include "store/stage_tables.h"

#include <cmath>

#include "store/schema.h"

namespace retort {
namespace {

const std::string kInsertVerdict = insert_sql(kVerdicts);
const std::string kInsertDrop = insert_sql(kDrops);
const std::string kInsertMetric = insert_sql(kMetrics, Repeated::Replaces);
const std::string kSelectVerdicts =
    select_sql(kVerdicts, "WHERE stage_id = ? ORDER BY instruction_id, student_first");
const std::string kSelectVerdictsOn =
    select_sql(kVerdicts, "WHERE stage_id = ? AND instruction_id = ? ORDER BY student_first");
const std::string kSelectDrops = select_sql(kDrops, "WHERE stage_id = ? ORDER BY id");
const std::string kSelectMetrics = select_sql(kMetrics, "WHERE stage_id = ?");

}  // namespace

void StageTables::add_verdicts(int64_t stage_id, std::span<const Verdict> verdicts) {
  for (const Verdict& verdict : verdicts) {
    RETORT_CHECK(verdict.teacher_score.has_value() == verdict.student_score.has_value(),
                 "a verdict on instruction {} with one score", verdict.instruction_id);
    database_.run(kInsertVerdict, stage_id, verdict.instruction_id,
                  verdict.order == Order::StudentFirst ? 1 : 0, verdict.teacher_score, verdict.student_score,
                  verdict.reason, calls_.id_of(verdict.call_key));
  }
}

void StageTables::read_verdicts(Query row, std::vector<Verdict>& to) {
  while (next_intact(row, kVerdicts))
    to.push_back({.instruction_id = row.integer(2),
                  .order = row.integer(3) == 1 ? Order::StudentFirst : Order::TeacherFirst,
                  .teacher_score = row.real_or_null(4),
                  .student_score = row.real_or_null(5),
                  .reason = row.text(6),
                  .call_key = calls_.key_of(row.integer_or_null(7))});
}

std::vector<Verdict> StageTables::verdicts(int64_t stage_id) {
  std::vector<Verdict> verdicts;
  read_verdicts(database_.query(kSelectVerdicts, stage_id), verdicts);
  return verdicts;
}

std::vector<Verdict> StageTables::verdicts(int64_t stage_id, std::span<const int64_t> ids) {
  std::vector<Verdict> verdicts;
  for (int64_t id : ids) read_verdicts(database_.query(kSelectVerdictsOn, stage_id, id), verdicts);
  return verdicts;
}

void StageTables::add_drops(int64_t stage_id, std::span<const Drop> drops) {
  int64_t id = database_.integer("SELECT max(id) FROM drops");
  for (const Drop& drop : drops) {
    std::optional<int64_t> instruction;
    if (drop.instruction_id != 0) instruction = drop.instruction_id;
    database_.run(kInsertDrop, ++id, stage_id, instruction, drop.reason, drop.detail, drop.failed ? 1 : 0);
  }
}

std::vector<Drop> StageTables::drops(int64_t stage_id) {
  std::vector<Drop> drops;
  Query row = database_.query(kSelectDrops, stage_id);
  while (next_intact(row, kDrops))
    drops.push_back({.instruction_id = row.integer_or_null(3).value_or(0),
                     .reason = row.text(4),
                     .detail = row.text(5),
                     .failed = row.integer(6) == 1});
  return drops;
}

std::map<std::string, int64_t> StageTables::drop_counts(int64_t stage_id) {
  std::map<std::string, int64_t> counts;
  Query row =
      database_.query("SELECT reason, count(*) FROM drops WHERE stage_id = ? GROUP BY reason", stage_id);
  while (row.next()) counts[row.text(0)] = row.integer(1);
  return counts;
}

void StageTables::set_metric(int64_t stage_id, std::string_view name, double value) {
  RETORT_CHECK(std::isfinite(value), "metric {} is not a number; leave out what does not exist", name);
  database_.run(kInsertMetric, stage_id, name, value);
}

std::map<std::string, double> StageTables::metrics(int64_t stage_id) {
  std::map<std::string, double> metrics;
  Query row = database_.query(kSelectMetrics, stage_id);
  while (next_intact(row, kMetrics)) metrics[row.text(2)] = row.real(3);
  return metrics;
}

void StageTables::drop_stage(int64_t stage_id) {
  database_.run("DELETE FROM verdicts WHERE stage_id = ?", stage_id);
  database_.run("DELETE FROM drops WHERE stage_id = ?", stage_id);
  database_.run("DELETE FROM metrics WHERE stage_id = ?", stage_id);
}

}  // namespace retort
