#include "store/run_store.h"

#include "store/answer_tables.h"
#include "store/batch_log.h"
#include "store/call_log.h"
#include "store/health.h"
#include "store/instruction_table.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "store/stage_log.h"
#include "store/stage_tables.h"

namespace retort {
namespace {

class SqliteRunStore : public RunStore {
 public:
  SqliteRunStore(const Path& folder, Database::Access access, std::optional<RunLock> lock, Clock& clock)
      : lock_(std::move(lock)),
        database_(folder / kStoreFile, access, clock),
        // Names this opening of the store: what another one sent has an unknown outcome.
        calls_(database_, Database::random_number()) {
    prepare_schema(database_);
    if (access == Database::Access::Read) return;
    if (std::vector<std::string> wrong = quick_check(database_); !wrong.empty())
      throw RunError(ErrorCode::Malformed,
                     format("{} is damaged: {}; put back a copy of the run folder, or start anew in another",
                            database_.file().string(), wrong.front()));
  }

  void commit_calls(std::span<const CallEvent> events) override { calls_.commit(events); }
  std::optional<CallRecord> call(std::string_view key) override { return calls_.find(key); }
  std::map<std::string, CallTotals> call_totals() override { return calls_.totals(); }
  void for_each_call(CallState state, const std::function<void(const CallRecord&)>& visit) override {
    calls_.for_each(state, visit);
  }

  void commit_batch(const BatchRecord& batch, std::span<const CallEvent> events) override {
    calls_.commit(events, [&] { batches_.save(batch); });
  }
  std::vector<BatchRecord> open_batches(std::string_view endpoint) override {
    return batches_.open(endpoint);
  }

  Begin begin_stage(std::string_view name) override {
    std::optional<int64_t> id;
    transaction([&] {
      id = stages_.begin(name);
      if (!id) return;
      tables_.drop_stage(*id);
      instructions_.drop_stage(*id);
    });
    return id ? Begin::Run : Begin::AlreadyFinished;
  }
  void finish_stage(std::string_view name, const StageCounts& counts, const Json& note) override {
    transaction([&] {
      int64_t begun = stages_.finish(name, counts, note);
      // Only a repeated stage can leave answers to instructions that it did not write again.
      if (begun > 1) answers_.drop_orphans();
    });
  }
  std::optional<StageRecord> stage(std::string_view name) override { return stages_.find(name); }
  std::vector<StageRecord> stages() override { return stages_.all(); }

  void transaction(const std::function<void()>& body) override { database_.transaction(body); }

  void add_instructions(std::string_view stage, std::span<Instruction> instructions) override {
    transaction([&] { instructions_.add(stages_.open_id_of(stage), instructions); });
  }
  void for_each_instruction(std::string_view stage,
                            const std::function<void(const Instruction&)>& visit) override {
    if (stage.empty()) return instructions_.for_each(std::nullopt, visit);
    if (std::optional<int64_t> id = stages_.id_of(stage)) instructions_.for_each(id, visit);
  }
  std::vector<Instruction> instructions(std::span<const int64_t> ids) override {
    return instructions_.get(ids);
  }
  std::vector<int64_t> instruction_ids(std::string_view stage) override {
    if (stage.empty()) return instructions_.ids(std::nullopt);
    std::optional<int64_t> id = stages_.id_of(stage);
    return id ? instructions_.ids(id) : std::vector<int64_t>();
  }
  int64_t instruction_count() override { return instructions_.count(); }

  void add_answers(std::string_view stage, std::span<const StoredAnswer> answers) override {
    transaction([&] { answers_.add(stages_.open_id_of(stage), answers); });
  }
  std::map<int64_t, Answer> answers(std::string_view stage, std::span<const int64_t> ids) override {
    return of_stage(stage, [&](int64_t id) { return answers_.get(id, ids); });
  }
  std::vector<int64_t> answered_ids(std::string_view stage) override {
    return of_stage(stage, [&](int64_t id) { return answers_.answered_ids(id); });
  }
  void add_teacher_answers(std::string_view stage, std::span<const StoredAnswer> answers) override {
    transaction([&] { answers_.add_teacher(stages_.open_id_of(stage), answers); });
  }
  std::map<int64_t, Answer> teacher_answers(std::span<const int64_t> ids) override {
    return answers_.get_teacher(ids);
  }
  int64_t teacher_answer_count() override { return answers_.teacher_count(); }

  void add_verdicts(std::string_view stage, std::span<const Verdict> verdicts) override {
    transaction([&] { tables_.add_verdicts(stages_.open_id_of(stage), verdicts); });
  }
  std::vector<Verdict> verdicts(std::string_view stage) override {
    return of_stage(stage, [&](int64_t id) { return tables_.verdicts(id); });
  }
  std::vector<Verdict> verdicts(std::string_view stage, std::span<const int64_t> ids) override {
    return of_stage(stage, [&](int64_t id) { return tables_.verdicts(id, ids); });
  }
  void add_drops(std::string_view stage, std::span<const Drop> drops) override {
    transaction([&] { tables_.add_drops(stages_.open_id_of(stage), drops); });
  }
  std::vector<Drop> drops(std::string_view stage) override {
    return of_stage(stage, [&](int64_t id) { return tables_.drops(id); });
  }
  std::map<std::string, int64_t> drop_counts(std::string_view stage) override {
    return of_stage(stage, [&](int64_t id) { return tables_.drop_counts(id); });
  }
  void set_metric(std::string_view stage, std::string_view name, double value) override {
    transaction([&] { tables_.set_metric(stages_.open_id_of(stage), name, value); });
  }
  std::map<std::string, double> metrics(std::string_view stage) override {
    return of_stage(stage, [&](int64_t id) { return tables_.metrics(id); });
  }

  std::vector<std::string> full_check() override { return retort::full_check(database_); }
  std::string sqlite_version() override { return Database::version(); }

 private:
  // What `read` gives for the stage's id; empty for a stage that never began.
  template <class Read>
  auto of_stage(std::string_view stage, const Read& read) -> decltype(read(0)) {
    std::optional<int64_t> id = stages_.id_of(stage);
    return id ? read(*id) : decltype(read(0))();
  }

  std::optional<RunLock> lock_;  // first in, last out: nobody else writes before the connection is closed
  Database database_;
  CallLog calls_;
  BatchLog batches_{database_};
  StageLog stages_{database_};
  InstructionTable instructions_{database_, calls_};
  AnswerTables answers_{database_, calls_};
  StageTables tables_{database_, calls_};
};

}  // namespace

Result<std::unique_ptr<RunStore>> RunStore::open(const Path& folder, StoreMode mode, Clock& clock) {
  std::optional<RunLock> lock;
  if (mode == StoreMode::Write) {
    RETORT_TRY(make_folders(folder));
    RETORT_TRY(require_local_file_system(folder));
    lock.emplace(RETORT_TRY(RunLock::take(folder)));
  } else if (std::error_code error; !std::filesystem::exists(folder / kStoreFile, error)) {
    return Error{ErrorCode::NotFound, format("there is no run in {} (no {}); check the folder's name",
                                             folder.string(), kStoreFile)};
  }
  try {
    auto access = mode == StoreMode::Write ? Database::Access::Write : Database::Access::Read;
    return std::unique_ptr<RunStore>(
        std::make_unique<SqliteRunStore>(folder, access, std::move(lock), clock));
  } catch (const RunError& error) {
    return Error{error.code(), error.what()};
  }
}

}  // namespace retort
