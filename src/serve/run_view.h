// What a run is, as a plain struct, read from its folder and never written: the status, the table on the
// terminal and the report are functions of it. What does not exist (yet) is nothing, never a number.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"
#include "data/instruction.h"
#include "data/verdict.h"
#include "eval/report.h"
#include "store/run_store.h"

namespace retort {

enum class RunState {
  Running,   // a living process holds the folder's lock
  Finished,  // the recipe reached its end
  Stopped,   // neither: run it again to go on
};
std::string_view run_state_name(RunState state);  // "running", "finished", "stopped"

struct KindScore {
  double exact = 0;  // share of the held-out instructions of this kind that were answered exactly
  std::optional<int64_t> n;
};

// A stretch of training's steps: the mean over it of what each step said.
struct TrainPoint {
  int64_t step = 0;  // the last of the stretch
  double loss = 0, gradient_norm = 0, learning_rate = 0, tokens_per_second = 0;
};
struct Training {
  int64_t steps = 0, tokens = 0;
  std::optional<double> first_loss, last_loss, seconds, padding_share;
  std::vector<TrainPoint> curve;  // empty where the stage was run by a program that kept none
};

// Scores are of the student that the round made; the referee's numbers are of the student that entered it.
struct RoundView {
  int round = 0;
  std::optional<double> exact_all, exact_hard, exact_pool, heldout_loss, length_student;
  std::optional<double> win_rate, tie_rate, loss_rate, threshold, order_disagreement;
  std::optional<int64_t> hard, easy, unjudged;  // of the judged instructions
  std::optional<int64_t>
      answers;  // teacher's answers so far: the first pool's, then those to what was written
  std::optional<int64_t> n, n_hard;        // held-out instructions behind exact_all and exact_hard
  std::map<std::string, KindScore> kinds;  // by kind ("sort/2")
  std::optional<Training> training;
};
// With Wilson's interval; nothing where the score or the count is missing.
std::optional<Estimate> exact_all(const RoundView& round);
std::optional<Estimate> exact_hard(const RoundView& round);
std::optional<Estimate> preferred(const RoundView& round);  // win_rate, of the pairs with scores

struct ArmView {
  std::string recipe;
  std::vector<RoundView> rounds;  // a control repeats the shared round 0
};

struct StageView {
  std::string name;
  bool finished = false;
  StageCounts counts;
  int64_t started_ms = 0;                // the last time
  double seconds = 0;                    // of a finished one
  std::map<std::string, int64_t> drops;  // by reason, failures included
};

// The referee's gaps (teacher's score - student's) of one round.
struct GapView {
  int round = 0;
  std::optional<double> threshold;
  std::vector<double> gaps;                       // ascending
  int64_t unjudged = 0;                           // pairs without a score
  std::vector<std::pair<double, int64_t>> sweep;  // |hard| at other thresholds
};

// The instructions that one stage brought.
struct PoolView {
  std::string arm;  // the recipe's name
  int round = 0;    // 0: the seeds, which both arms share
  int64_t rows = 0;
  std::map<std::string, int64_t> kinds, origins;
};

struct SampleView {
  Instruction instruction;
  std::optional<std::string> teacher, student;
  std::vector<Verdict> verdicts;  // at most one an order
  std::optional<double> gap;
};

// How the student did beside the teacher on one task ("sort", of whatever level) in one round.
struct TaskView {
  int round = 0;
  std::string task;
  std::optional<Estimate> gap;             // the mean gap; nothing for fewer than two pairs
  int64_t wins = 0, ties = 0, losses = 0;  // of the student, over the pairs with scores
};

// Characters of the answers to what a round judged.
struct LengthView {
  int round = 0;
  int64_t pairs = 0;
  double student = 0, teacher = 0;
};

// TAPIR's curriculum of a round: the stage's metrics as they are.
struct CurriculumView {
  int round = 0;
  std::map<std::string, double> metrics;
};

// The calls of one role that one stage made. Stages follow each other, so a call belongs to the first stage
// that finished after it did.
struct StageCalls {
  std::string stage, role;
  int64_t done = 0, failed = 0;
  int64_t sent_again = 0;  // attempts beyond the first
  int64_t tokens_in = 0, tokens_out = 0, tokens_cached = 0, cost = 0;
};

// What only the report and the dashboard show; it costs a pass over the rows.
struct Evidence {
  std::vector<GapView> gaps;
  std::vector<PoolView> pools;
  std::vector<TaskView> tasks;
  std::vector<LengthView> lengths;
  std::vector<CurriculumView> curricula;
  std::vector<StageCalls> calls;
  std::vector<SampleView> samples;
  std::optional<int> samples_round;  // the round that judged them; nothing when no referee did
  int64_t samples_from = 0;          // how many pairs they were picked from
  std::vector<EvalReport> evals;     // of `retort eval` on this run
};

// Sent when the run stopped, and no reply was stored: the server may have charged it. Asked again when the
// run goes on.
struct UnknownCall {
  std::string role, key;
};

// What a user gets: the round with the lowest held-out loss, or the last one.
struct ChosenRound {
  int round = 0;
  std::string why;  // "the lowest held-out loss", "the last round"
};

// What the run has cost, in billionths of the currency.
struct MoneyView {
  std::string currency;
  int64_t spent = 0;     // for replies that are stored
  int64_t unknown = 0;   // of unknown outcomes: the most that the endpoints can have charged for them
  int64_t reserved = 0;  // for requests on their way
  std::optional<int64_t> cap;
  std::optional<int64_t> per_example;  // spent for each instruction that has the teacher's answer
};

struct RunView {
  Path folder;
  std::string recipe, teacher_model;
  bool practice_teacher = false;  // the rule-based stand-in, no LLM
  RunState state = RunState::Stopped;
  std::optional<int> rounds_planned;  // after round 0
  double seconds = 0;                 // wall time of the loop, control included
  ArmView main;
  std::optional<ArmView> control;
  std::vector<std::string> hard_kinds;  // the hard third, fixed after round 0
  std::map<std::string, CallTotals> calls;
  std::vector<UnknownCall> unknown_calls;  // of a stopped run, in the order they were planned
  std::optional<MoneyView> money;          // nothing where no call has a price
  std::vector<StageView> stages;           // in the order they began
  std::optional<ChosenRound> chosen;
  Evidence evidence;
};

enum class Detail { Figures, Evidence };
// NotFound when there is no run in the folder; Mismatch when a newer program wrote it. Takes no lock, so it
// may be asked while the run goes on.
Result<RunView> read_run(const Path& folder, Detail detail);

// "1.20 USD of 5.00 USD spent, 0.01 USD more on its way, at most 0.02 USD of unknown outcome; 0.0004 USD an
// example".
std::string money_line(const MoneyView& money);

// The object that `retort status --json` prints.
Json status_json(const RunView& view);

}  // namespace retort
