// The run store: one SQLite database in the run folder that holds every fact of a run (DESIGN §4). It
// promises: what a returned call committed is there after kill -9 and power loss (WAL, synchronous=FULL); one
// process writes, and only through one connection; a DONE call is never asked again; a stage that finished is
// never run again; every row names its stage, parent and call. It is not a cache and knows no prompts.
// Threads: one RunStore is used by one thread at a time.
//
// Stages are do-once. `begin_stage` on an unfinished one drops the instructions, verdicts, drops and metrics
// that the stage had written (they derive again from the calls at no cost) and keeps its answers (GPU
// minutes).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/result.h"
#include "data/answer.h"
#include "data/instruction.h"
#include "data/verdict.h"

namespace retort {

// The life of a call: Planned -> Sent (committed before the bytes leave) -> Done | Failed.
enum class CallState { Planned = 0, Sent = 1, Done = 2, Failed = 3 };

// Events of a call's life. A batch of them is one transaction. Money is counted in billionths of the run
// file's currency, as the caller prices it; 0 where nothing has a price.
struct CallPlanned {
  std::string key;       // SHA-256 hex of canonical request + endpoint name + sample index
  std::string endpoint;  // the endpoint's name in the run file ("teacher"), never its address
  std::string role;      // what it was asked as ("teacher", "referee", "generator")
  int64_t sample_index = 0;
  std::string request;  // the canonical request JSON
};
struct CallSent {
  std::string key;
  int64_t reserved = 0;  // the most that it can cost
};
struct CallDone {
  std::string key;
  int http_status = 200;
  std::string reply;      // the raw body, before anything is parsed
  int64_t tokens_in = 0;  // 0 where the reply has no usage
  int64_t tokens_out = 0;
  int64_t latency_ms = 0;
  int64_t tokens_cached = 0;  // of tokens_in
  int64_t cost = 0;
};
struct CallFailed {
  std::string key;
  ErrorCode code = ErrorCode::ServerError;
  std::string message;
  enum class Charge { None, Unknown } charge = Charge::None;  // Unknown: the server may have done the work
};
using CallEvent = std::variant<CallPlanned, CallSent, CallDone, CallFailed>;

struct CallRecord {
  std::string key, endpoint, role, request, reply, error;
  CallState state = CallState::Planned;
  int64_t sample_index = 0;
  int http_status = 0;
  int attempts = 0;  // how often it was sent
  // Sent, but no reply came before the process or the wait ended: the server may have charged it. Counted
  // when it is sent anew or given up.
  int unknown_outcomes = 0;
  int64_t tokens_in = 0, tokens_out = 0, tokens_cached = 0, latency_ms = 0;
  int64_t cost = 0, reserved = 0, unknown_cost = 0;
  std::optional<ErrorCode> error_code;
};

// Counts of the calls of one role. done + failed + planned + sent are all of them.
struct CallTotals {
  int64_t done = 0, failed = 0;
  int64_t unknown = 0;  // unknown outcomes: sum of CallRecord::unknown_outcomes
  int64_t planned = 0;
  int64_t sent = 0;  // in flight while a process works on the run; of unknown outcome when none does
  int64_t tokens_in = 0, tokens_out = 0, tokens_cached = 0;
  int64_t cost = 0;          // of those that are done
  int64_t unknown_cost = 0;  // of unknown outcomes: the most that they can have cost
  int64_t reserved = 0;      // of those that are sent
};

// in = ok + dropped + failed holds for every finished stage (checked).
struct StageCounts {
  int64_t in = 0, ok = 0, dropped = 0, failed = 0;
};
struct StageRecord {
  std::string name;
  bool finished = false;
  StageCounts counts;
  Json note;  // what the stage wants to be remembered of it (losses, seconds, ...)
  int64_t started_ms = 0, finished_ms = 0;
};

// An item that left the run at a stage, and why.
struct Drop {
  int64_t instruction_id = 0;  // 0: it never became a row (a generated text that a filter refused)
  std::string reason;   // a short fixed text, for counting: "near duplicate", "longer than the context"
  std::string detail;   // the item's own text or numbers
  bool failed = false;  // counted as failed (an error), not as dropped (a rule)
};

struct StoredAnswer {
  int64_t instruction_id = 0;
  Answer answer;
};

// A batch at an endpoint's batch API (chat/batch.h). Intended before anything leaves; Created once its id
// there is known; Ended when all that it brought is stored.
enum class BatchState { Intended = 0, Created = 1, Ended = 2 };
struct BatchRecord {
  std::string mark;      // its name here and, where the API takes metadata, there
  std::string endpoint;  // the endpoint's name in the run file
  BatchState state = BatchState::Intended;
  std::string remote_id;  // empty until it is known
  int64_t intended_ms = 0;
  std::vector<std::string> keys;  // of its calls
};

enum class StoreMode { Write, Read };

class RunStore {
 public:
  // Opens run.db in `folder`, or creates folder and file (Write only). Write takes the lock file: Locked when
  // another process has it (the message names its pid and host). Mismatch when the schema is newer than the
  // program. A quick integrity check runs on every Write open. `clock` stamps the rows, and outlives the
  // store.
  static Result<std::unique_ptr<RunStore>> open(const Path& folder, StoreMode mode,
                                                Clock& clock = system_clock());
  virtual ~RunStore() = default;

  // ---- calls ----
  // One durable transaction. Throws RunError(DiskFull | Unreadable) when it could not be committed.
  virtual void commit_calls(std::span<const CallEvent> events) = 0;
  virtual std::optional<CallRecord> call(std::string_view key) = 0;
  virtual std::map<std::string, CallTotals> call_totals() = 0;  // by role
  virtual void for_each_call(CallState state, const std::function<void(const CallRecord&)>& visit) = 0;

  // ---- batches ----
  // The batch as it now is, and what that means for its calls, in one durable transaction.
  virtual void commit_batch(const BatchRecord& batch, std::span<const CallEvent> events) = 0;
  virtual std::vector<BatchRecord> open_batches(
      std::string_view endpoint) = 0;  // those not Ended, oldest first

  // ---- stages ----
  // Nothing when the stage is finished already; otherwise marks it begun (see above).
  enum class Begin { Run, AlreadyFinished };
  virtual Begin begin_stage(std::string_view name) = 0;
  // Checks that the counts balance. Call it as the last thing of the transaction that wrote the stage's rows.
  virtual void finish_stage(std::string_view name, const StageCounts& counts, const Json& note) = 0;
  virtual std::optional<StageRecord> stage(std::string_view name) = 0;
  virtual std::vector<StageRecord> stages() = 0;  // in the order they began

  // Runs `body` in one transaction (nested calls join the outer one); rolls back when it throws.
  virtual void transaction(const std::function<void()>& body) = 0;

  // ---- rows; each belongs to the stage that wrote it ----
  // Gives each instruction its id: the smallest unused, in order (so a repeated stage gives the same ids).
  virtual void add_instructions(std::string_view stage, std::span<Instruction> instructions) = 0;
  // In id order. `stage` empty: all stages.
  virtual void for_each_instruction(std::string_view stage,
                                    const std::function<void(const Instruction&)>& visit) = 0;
  virtual std::vector<Instruction> instructions(
      std::span<const int64_t> ids) = 0;  // in the order of `ids`; all must exist
  virtual std::vector<int64_t> instruction_ids(std::string_view stage) = 0;
  virtual int64_t instruction_count() = 0;

  // An answer per (stage, instruction); adding it again replaces it.
  virtual void add_answers(std::string_view stage, std::span<const StoredAnswer> answers) = 0;
  virtual std::map<int64_t, Answer> answers(std::string_view stage,
                                            std::span<const int64_t> ids) = 0;  // those that exist
  virtual std::vector<int64_t> answered_ids(std::string_view stage) = 0;
  // The teacher's answer to an instruction belongs to the run, not to a stage: it is asked for once and
  // reused everywhere. Adding it again replaces it. `stage` is the one that paid for it; begin_stage keeps
  // these rows too.
  virtual void add_teacher_answers(std::string_view stage, std::span<const StoredAnswer> answers) = 0;
  virtual std::map<int64_t, Answer> teacher_answers(std::span<const int64_t> ids) = 0;
  virtual int64_t teacher_answer_count() = 0;

  virtual void add_verdicts(std::string_view stage, std::span<const Verdict> verdicts) = 0;
  virtual std::vector<Verdict> verdicts(std::string_view stage) = 0;  // by instruction id, then order
  // On these, in the order of `ids`, then by order.
  virtual std::vector<Verdict> verdicts(std::string_view stage, std::span<const int64_t> ids) = 0;

  virtual void add_drops(std::string_view stage, std::span<const Drop> drops) = 0;
  virtual std::vector<Drop> drops(std::string_view stage) = 0;  // in the order they were added
  virtual std::map<std::string, int64_t> drop_counts(std::string_view stage) = 0;  // by reason

  // A named number of a stage ("exact_all"); setting it again replaces it.
  virtual void set_metric(std::string_view stage, std::string_view name, double value) = 0;
  virtual std::map<std::string, double> metrics(std::string_view stage) = 0;

  // ---- the whole file ----
  // PRAGMA integrity_check and foreign keys: empty when all is well, else what is wrong. For `doctor`.
  virtual std::vector<std::string> full_check() = 0;
  virtual std::string sqlite_version() = 0;
};

}  // namespace retort
