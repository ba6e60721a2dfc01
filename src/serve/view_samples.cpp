#include "serve/view_samples.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"
#include "serve/json_values.h"
#include "serve/kind_name.h"
#include "serve/stage_name.h"
#include "serve/view_guard.h"
#include "store/compress.h"

namespace retort {
namespace {

constexpr size_t kTextBytesMax = 600;  // of one text on a page; a sample in full has all of it
constexpr int64_t kVerdictWork = 5;    // looking a verdict up, in rows looked at
constexpr int64_t kWrittenMax = 50;

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Json cut(std::string text) {
  if (text.size() <= kTextBytesMax) return text;
  size_t end = kTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// The newest judgement of an instruction.
struct Judged {
  std::string stage;
  std::optional<double> gap, threshold;
  std::string_view word() const {
    if (stage.empty()) return "";
    if (!gap) return "unjudged";
    return threshold && *gap >= *threshold ? "hard" : "easy";
  }
};

Judged newest_judgement(Database& database, int64_t id) {
  Judged judged;
  int64_t stage = -1;
  double sum = 0;
  int orders = 0;
  Query row = database.query(
      "SELECT stage_id, teacher_score, student_score FROM verdicts WHERE instruction_id = ? "
      "ORDER BY stage_id DESC",
      id);
  while (row.next()) {
    if (stage >= 0 && row.integer(0) != stage) break;
    stage = row.integer(0);
    if (row.is_null(1) || row.is_null(2)) continue;
    sum += row.real(1) - row.real(2);
    ++orders;
  }
  if (stage < 0) return judged;
  if (orders > 0) judged.gap = sum / orders;
  Query of = database.query(
      "SELECT s.name, m.value FROM stages s LEFT JOIN metrics m ON m.stage_id = s.id AND m.name = "
      "'threshold' WHERE s.id = ?",
      stage);
  if (of.next()) {
    judged.stage = of.text(0);
    judged.threshold = of.real_or_null(1);
  }
  return judged;
}

bool has_verdict(const Judged& judged, std::string_view wanted) {
  if (wanted == "judged") return judged.gap.has_value();
  return judged.word() == wanted;
}

bool is_of(const std::string& kind, const std::string& wanted) {
  return kind == wanted || split_kind(kind).skill == wanted;
}

struct Row {
  int64_t id;
  std::string text, kind, origin;
  int64_t round;
  std::optional<int64_t> parent;
};

bool fits(const Row& row, const SampleFilter& filter, const std::string& text) {
  return (filter.kind.empty() || is_of(row.kind, filter.kind)) &&
         (filter.origin.empty() || row.origin == filter.origin) &&
         (!filter.round || row.round == *filter.round) &&
         (text.empty() || lowered(row.text).find(text) != std::string::npos);
}

std::optional<std::string> teacher_text(Database& database, int64_t id) {
  Query row = database.query("SELECT text FROM teacher_answers WHERE instruction_id = ?", id);
  return row.next() ? std::optional(row.text(0)) : std::nullopt;
}

std::optional<std::string> newest_student_text(Database& database, int64_t id) {
  Query row = database.query(
      "SELECT a.text FROM answers a JOIN stages s ON s.id = a.stage_id "
      "WHERE a.instruction_id = ? AND s.name GLOB 'answer_*' ORDER BY a.stage_id DESC LIMIT 1",
      id);
  return row.next() ? std::optional(row.text(0)) : std::nullopt;
}

Json page_row(Database& database, const Row& row, const Judged& judged) {
  const std::optional<std::string> teacher = teacher_text(database, row.id),
                                   student = newest_student_text(database, row.id);
  return Json::object()
      .set("id", row.id)
      .set("text", cut(row.text))
      .set("kind", row.kind)
      .set("origin", row.origin)
      .set("round", row.round)
      .set("parent", or_null(row.parent))
      .set("teacher", teacher ? cut(*teacher) : Json())
      .set("student", student ? cut(*student) : Json())
      .set("gap", or_null(judged.gap))
      .set("verdict", judged.word().empty() ? Json() : Json(judged.word()))
      .set("judged_in", judged.stage.empty() ? Json() : Json(judged.stage));
}

// What the referee wrote, out of its raw reply: as OpenAI's dialect and Anthropic's put it.
std::string words_of(Database& database, const std::optional<int64_t>& call) {
  if (!call) return "";
  Query row = database.query("SELECT body FROM replies WHERE call_id = ?", *call);
  if (!row.next()) return "";
  Result<std::string> body = unpack_body(row.text(0));
  if (!body) return "";
  Result<Json> json = parse_json(*body);
  if (!json) return "";
  const std::string_view said = json->at_path("choices/0/message/content").string_or("");
  return std::string(said.empty() ? json->at_path("content/0/text").string_or("") : said);
}

// From the instruction to its seed.
Json line_of(Database& database, int64_t id) {
  Json line = Json::array();
  Query row = database.query(
      "WITH RECURSIVE line(depth, id) AS (SELECT 0, ?1 UNION ALL SELECT depth + 1, i.parent_id FROM line "
      "JOIN instructions i ON i.id = line.id WHERE i.parent_id IS NOT NULL AND depth < 100) "
      "SELECT i.id, s.name, i.origin, i.text, i.kind, lower(hex(c.key)) FROM line "
      "JOIN instructions i ON i.id = line.id JOIN stages s ON s.id = i.stage_id "
      "LEFT JOIN calls c ON c.id = i.call_id ORDER BY line.depth",
      id);
  while (row.next())
    line.push(Json::object()
                  .set("id", row.integer(0))
                  .set("stage", row.text(1))
                  .set("origin", row.text(2))
                  .set("text", row.text(3))
                  .set("kind", row.text(4))
                  .set("written_by", row.is_null(5) ? Json() : Json(row.text(5))));
  return line;
}

Json written_from(Database& database, int64_t id) {
  Json rows = Json::array();
  Query row = database.query(
      "SELECT i.id, s.name, i.origin, i.text FROM instructions i JOIN stages s ON s.id = i.stage_id "
      "WHERE i.parent_id = ? ORDER BY i.id LIMIT ?",
      id, kWrittenMax);
  while (row.next())
    rows.push(Json::object()
                  .set("id", row.integer(0))
                  .set("stage", row.text(1))
                  .set("origin", row.text(2))
                  .set("text", cut(row.text(3))));
  return rows;
}

Json teacher_of(Database& database, int64_t id) {
  Query row = database.query(
      "SELECT t.text, t.finish, t.tokens_out, s.name, lower(hex(c.key)) FROM teacher_answers t "
      "JOIN stages s ON s.id = t.stage_id LEFT JOIN calls c ON c.id = t.call_id WHERE t.instruction_id = ?",
      id);
  if (!row.next()) return Json();
  return Json::object()
      .set("text", row.text(0))
      .set("finish", row.text(1))
      .set("tokens", row.integer(2))
      .set("stage", row.text(3))
      .set("call", row.is_null(4) ? Json() : Json(row.text(4)));
}

Json answers_of(Database& database, int64_t id) {
  Json rows = Json::array();
  Query row = database.query(
      "SELECT s.name, a.text, a.finish, a.tokens_out FROM answers a JOIN stages s ON s.id = a.stage_id "
      "WHERE a.instruction_id = ? ORDER BY a.stage_id",
      id);
  while (row.next())
    rows.push(Json::object()
                  .set("stage", row.text(0))
                  .set("text", row.text(1))
                  .set("finish", row.text(2))
                  .set("tokens", row.integer(3)));
  return rows;
}

Json verdicts_of(Database& database, int64_t id) {
  Json rows = Json::array();
  Query row = database.query(
      "SELECT s.name, v.student_first, v.teacher_score, v.student_score, v.reason, v.call_id, "
      "lower(hex(c.key)) FROM verdicts v JOIN stages s ON s.id = v.stage_id "
      "LEFT JOIN calls c ON c.id = v.call_id WHERE v.instruction_id = ? ORDER BY v.stage_id, v.student_first",
      id);
  while (row.next())
    rows.push(Json::object()
                  .set("stage", row.text(0))
                  .set("student_first", row.integer(1) == 1)
                  .set("teacher", or_null(row.real_or_null(2)))
                  .set("student", or_null(row.real_or_null(3)))
                  .set("reason", row.text(4))
                  .set("words", words_of(database, row.integer_or_null(5)))
                  .set("call", row.is_null(6) ? Json() : Json(row.text(6))));
  return rows;
}

Json drops_of(Database& database, int64_t id) {
  Json rows = Json::array();
  Query row = database.query(
      "SELECT s.name, d.reason, d.detail FROM drops d JOIN stages s ON s.id = d.stage_id "
      "WHERE d.instruction_id = ? ORDER BY d.id",
      id);
  while (row.next())
    rows.push(
        Json::object().set("stage", row.text(0)).set("reason", row.text(1)).set("detail", cut(row.text(2))));
  return rows;
}

// The training that first had it: that of the round whose "teach" brought its answer, if it was not dropped
// there. (Later rounds may replay it; which ones they drew is not stored.)
Json trained_in(Database& database, int64_t id, const Json& teacher) {
  const std::string taught(teacher.at_path("stage").string_or(""));
  const std::optional<StageName> name = parse_stage_name(taught);
  if (!name || name->verb != "teach") return Json();
  const std::string imitate = format("{}imitate_{}", name->prefix, name->round);
  const int64_t was = database.integer(
      "SELECT count(*) FROM stages s WHERE s.name = ?1 AND s.finished_ms IS NOT NULL AND NOT EXISTS "
      "(SELECT 1 FROM drops d WHERE d.stage_id = s.id AND d.instruction_id = ?2)",
      imitate, id);
  return was > 0 ? Json(imitate) : Json();
}

Result<int64_t> whole_number(std::string_view name, const std::string& text, int64_t low, int64_t high) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return Error{ErrorCode::InvalidArgument,
                 format("{} must be a whole number from {} to {}", name, low, high)};
  return value;
}

Result<void> require_one_of(std::string_view name, const std::string& value,
                            std::initializer_list<std::string_view> known) {
  if (value.empty() || std::find(known.begin(), known.end(), value) != known.end()) return {};
  return Error{ErrorCode::InvalidArgument, format("{} cannot be what was asked for", name)};
}

}  // namespace

Result<SampleFilter> parse_sample_filter(std::string_view query) {
  SampleFilter filter;
  auto text = [&](std::string_view name) { return query_value(query, name).value_or(""); };
  if (std::string after = text("after"); !after.empty())
    filter.after = RETORT_TRY(whole_number("after", after, 0, INT64_MAX));
  if (std::string limit = text("limit"); !limit.empty())
    filter.limit = RETORT_TRY(whole_number("limit", limit, 1, kSamplesMax));
  if (std::string round = text("round"); !round.empty())
    filter.round = static_cast<int>(RETORT_TRY(whole_number("round", round, 0, 1'000'000)));
  filter.kind = text("kind");
  filter.origin = text("origin");
  filter.verdict = text("verdict");
  filter.text = text("text");
  RETORT_TRY(require_one_of("origin", filter.origin, {"seed", "hard", "easy", "same"}));
  RETORT_TRY(require_one_of("verdict", filter.verdict, {"hard", "easy", "unjudged", "judged"}));
  return filter;
}

Json samples_page(Database& database, const SampleFilter& filter) {
  Json rows = Json::array();
  const std::string text = lowered(filter.text);
  int64_t work = filter.rows_max, last = filter.after;
  bool is_end = true;
  Query row = database.query(
      "SELECT id, text, kind, origin, round, parent_id FROM instructions WHERE id > ? ORDER BY id",
      filter.after);
  while (row.next()) {
    if (work <= 0 || static_cast<int64_t>(rows.size()) == filter.limit) {
      is_end = false;
      break;
    }
    --work;
    const Row found{row.integer(0), row.text(1),    row.text(2),
                    row.text(3),    row.integer(4), row.integer_or_null(5)};
    last = found.id;
    if (!fits(found, filter, text)) continue;
    work -= kVerdictWork;
    const Judged judged = newest_judgement(database, found.id);
    if (filter.verdict.empty() || has_verdict(judged, filter.verdict))
      rows.push(page_row(database, found, judged));
  }
  return Json::object().set("rows", std::move(rows)).set("next", is_end ? Json() : Json(last));
}

Result<Json> sample_in_full(Database& database, int64_t id) {
  Json line = line_of(database, id);
  if (line.size() == 0)
    return Error{ErrorCode::NotFound, format("there is no instruction {} in this run", id)};
  const Judged judged = newest_judgement(database, id);
  Json teacher = teacher_of(database, id);
  Json trained = trained_in(database, id, teacher);
  Json json = Json::object();
  json.set("id", id)
      .set("line", std::move(line))
      .set("written", written_from(database, id))
      .set("teacher", std::move(teacher))
      .set("answers", answers_of(database, id));
  return json.set("verdicts", verdicts_of(database, id))
      .set("gap", or_null(judged.gap))
      .set("verdict", judged.word().empty() ? Json() : Json(judged.word()))
      .set("drops", drops_of(database, id))
      .set("trained_in", std::move(trained));
}

}  // namespace retort
