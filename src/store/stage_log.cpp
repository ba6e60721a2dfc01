#include "store/stage_log.h"

#include "store/schema.h"

namespace retort {
namespace {

struct StageRow {
  int64_t id = 0, begun = 0;
  StageRecord record;
};

const std::string kSelectStage = select_sql(kStages, "WHERE name = ?");
const std::string kSelectStages = select_sql(kStages, "ORDER BY id");
const std::string kSaveStage =
    insert_sql(kStages) +
    " ON CONFLICT (id) DO UPDATE SET begun = excluded.begun, started_ms = excluded.started_ms, "
    "finished_ms = excluded.finished_ms, count_in = excluded.count_in, count_ok = excluded.count_ok, "
    "count_dropped = excluded.count_dropped, count_failed = excluded.count_failed, note = excluded.note, "
    "sum = excluded.sum";

StageRow read_stage(const Query& row) {
  StageRow stage{.id = row.integer(1), .begun = row.integer(3)};
  StageRecord& record = stage.record;
  record.name = row.text(2);
  record.started_ms = row.integer(4);
  record.finished = !row.is_null(5);
  if (!record.finished) return stage;
  record.finished_ms = row.integer(5);
  record.counts = {
      .in = row.integer(6), .ok = row.integer(7), .dropped = row.integer(8), .failed = row.integer(9)};
  record.note = or_throw(parse_json(row.text(10)));
  return stage;
}

std::optional<StageRow> load(Database& database, std::string_view name) {
  Query row = database.query(kSelectStage, name);
  return next_intact(row, kStages) ? std::optional(read_stage(row)) : std::nullopt;
}

void save(Database& database, const StageRow& stage) {
  const StageRecord& record = stage.record;
  std::optional<int64_t> finished, in, ok, dropped, failed;
  std::optional<std::string> note;
  if (record.finished) {
    finished = record.finished_ms;
    in = record.counts.in;
    ok = record.counts.ok;
    dropped = record.counts.dropped;
    failed = record.counts.failed;
    note = record.note.dump();
  }
  database.run(kSaveStage, stage.id, record.name, stage.begun, record.started_ms, finished, in, ok, dropped,
               failed, note);
}

}  // namespace

std::optional<int64_t> StageLog::begin(std::string_view name) {
  RETORT_CHECK(!name.empty(), "a stage needs a name");
  std::optional<StageRow> stage = load(database_, name);
  if (stage && stage->record.finished) return std::nullopt;
  if (!stage) {
    stage = StageRow{.id = database_.integer("SELECT max(id) FROM stages") + 1};
    stage->record.name = name;
  }
  ++stage->begun;
  stage->record.started_ms = database_.now_ms();
  save(database_, *stage);
  return stage->id;
}

int64_t StageLog::finish(std::string_view name, const StageCounts& counts, const Json& note) {
  std::optional<StageRow> stage = load(database_, name);
  RETORT_CHECK(stage && !stage->record.finished,
               "stage {} is finished, but has not begun or has finished before", name);
  RETORT_CHECK(counts.in >= 0 && counts.ok >= 0 && counts.dropped >= 0 && counts.failed >= 0,
               "stage {} has negative counts", name);
  RETORT_CHECK(counts.in == counts.ok + counts.dropped + counts.failed,
               "stage {} does not balance: {} in, {} ok, {} dropped, {} failed", name, counts.in, counts.ok,
               counts.dropped, counts.failed);
  stage->record.finished = true;
  stage->record.finished_ms = database_.now_ms();
  stage->record.counts = counts;
  stage->record.note = note;
  save(database_, *stage);
  open_.clear();
  return stage->begun;
}

std::optional<StageRecord> StageLog::find(std::string_view name) {
  std::optional<StageRow> stage = load(database_, name);
  return stage ? std::optional(stage->record) : std::nullopt;
}

std::vector<StageRecord> StageLog::all() {
  std::vector<StageRecord> records;
  Query row = database_.query(kSelectStages);
  while (next_intact(row, kStages)) records.push_back(read_stage(row).record);
  return records;
}

std::optional<int64_t> StageLog::id_of(std::string_view name) {
  Query row = database_.query("SELECT id FROM stages WHERE name = ?", name);
  return row.next() ? std::optional(row.integer(0)) : std::nullopt;
}

int64_t StageLog::open_id_of(std::string_view name) {
  if (open_since_ != database_.rollbacks()) open_.clear();
  open_since_ = database_.rollbacks();
  if (auto known = open_.find(name); known != open_.end()) return known->second;
  std::optional<StageRow> stage = load(database_, name);
  RETORT_CHECK(stage && !stage->record.finished,
               "rows of stage {}, which has not begun or has finished before", name);
  open_.emplace(name, stage->id);
  return stage->id;
}

}  // namespace retort
