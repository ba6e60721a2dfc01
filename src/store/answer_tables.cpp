#include "store/answer_tables.h"

#include "store/schema.h"

namespace retort {
namespace {

const std::string kInsertAnswer = insert_sql(kAnswers, Repeated::Replaces);
const std::string kInsertTeacher = insert_sql(kTeacherAnswers, Repeated::Replaces);
const std::string kSelectAnswer = select_sql(kAnswers, "WHERE stage_id = ? AND instruction_id = ?");
const std::string kSelectTeacher = select_sql(kTeacherAnswers, "WHERE instruction_id = ?");

}  // namespace

void AnswerTables::insert(const std::string& sql, int64_t stage_id, std::span<const StoredAnswer> answers) {
  for (const StoredAnswer& stored : answers) {
    Query text =
        database_.query("SELECT row_sum(text) FROM instructions WHERE id = ?", stored.instruction_id);
    RETORT_CHECK(text.next(), "an answer to instruction {}, which does not exist", stored.instruction_id);
    const Answer& answer = stored.answer;
    database_.run(sql, stage_id, stored.instruction_id, answer.text, finish_name(answer.finish),
                  answer.tokens_in, answer.tokens_out, calls_.id_of(answer.call_key), text.integer(0),
                  answer.reasoning);
  }
}

void AnswerTables::add(int64_t stage_id, std::span<const StoredAnswer> answers) {
  insert(kInsertAnswer, stage_id, answers);
}

void AnswerTables::add_teacher(int64_t stage_id, std::span<const StoredAnswer> answers) {
  insert(kInsertTeacher, stage_id, answers);
}

Answer AnswerTables::read(const Query& row) {
  return {.text = row.text(3),
          .reasoning = row.text(9),
          .finish = parse_finish(row.text(4)),
          .tokens_in = row.integer(5),
          .tokens_out = row.integer(6),
          .call_key = calls_.key_of(row.integer_or_null(7))};
}

std::map<int64_t, Answer> AnswerTables::get(int64_t stage_id, std::span<const int64_t> ids) {
  std::map<int64_t, Answer> answers;
  for (int64_t id : ids) {
    Query row = database_.query(kSelectAnswer, stage_id, id);
    if (next_intact(row, kAnswers)) answers.emplace(id, read(row));
  }
  return answers;
}

std::map<int64_t, Answer> AnswerTables::get_teacher(std::span<const int64_t> ids) {
  std::map<int64_t, Answer> answers;
  for (int64_t id : ids) {
    Query row = database_.query(kSelectTeacher, id);
    if (next_intact(row, kTeacherAnswers)) answers.emplace(id, read(row));
  }
  return answers;
}

std::vector<int64_t> AnswerTables::answered_ids(int64_t stage_id) {
  std::vector<int64_t> ids;
  Query row = database_.query("SELECT instruction_id FROM answers WHERE stage_id = ? ORDER BY instruction_id",
                              stage_id);
  while (row.next()) ids.push_back(row.integer(0));
  return ids;
}

int64_t AnswerTables::teacher_count() { return database_.integer("SELECT count(*) FROM teacher_answers"); }

void AnswerTables::drop_orphans() {
  database_.run("DELETE FROM answers WHERE instruction_id NOT IN (SELECT id FROM instructions)");
  database_.run("DELETE FROM teacher_answers WHERE instruction_id NOT IN (SELECT id FROM instructions)");
}

}  // namespace retort
