// One arm of a run: the main recipe, or a control that shares its round 0. Its verbs are what recipes are
// written in; each is one durable stage: finished -> it returns what the store holds, else it runs and
// commits. So a recipe holds no word about resuming.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/stop.h"
#include "pool/selection.h"
#include "pool/votes.h"
#include "recipe/draft_source.h"
#include "recipe/run_file.h"
#include "roles/explainer.h"
#include "roles/referee.h"
#include "roles/rewriter.h"
#include "store/run_store.h"
#include "student/response_fit.h"

namespace retort {

using Ids = std::vector<int64_t>;  // rows of instructions in the store
// Both, each row once, in the order of their first occurrence.
Ids united(Ids a, const Ids& b);
void append(Ids& ids, const Ids& more);

// What a stage tells whoever watches.
struct StageProgress {
  std::string stage;
  int64_t done = 0, all = 0;
  std::string detail;  // "loss 0.83", "412 accepted"
  std::string spent;   // "1.20 USD"; empty where nothing has a price
};

// The student answers one piece of a pool while the referee compares the one before.
struct StudentAhead {
  // Where no thread can be started, the answers wait until they are asked for. Deferred alone: everything on
  // one thread, for a simulator.
  std::launch on = std::launch::async | std::launch::deferred;
  size_t piece_min = 512;  // rows, at most a chunk; few leave the student's slots empty too often
};

// Everything a run works with. Owned by run.cpp (or by a test); the arms borrow it.
struct Workshop {
  const RunFile& file;
  RunStore& store;
  Path folder;
  Answerer& teacher;
  Referee& referee;
  DraftSource& drafts;                                                       // writes new instructions
  std::function<std::unique_ptr<Student>(const Path& folder)> open_student;  // throws RunError
  Path base_folder;                                                          // where the student starts
  // Gives a freshly written instruction its kind; leaves it without where nobody knows.
  std::function<void(Instruction& written, const Instruction& parent)> give_kind;
  std::function<void(const StageProgress&)> progress;
  // Gives instructions their kinds, many at once, where the classifier says them; empty: give_kind and the
  // rows do.
  std::function<void(std::span<Instruction>)> label;
  Rewriter* rewriter = nullptr;                    // tapir
  std::function<Explainer&(int stage)> explainer;  // orca, and answers.explained
  // A checkpoint as a scorer, for recipe.judge_prior. Throws RunError.
  std::function<std::unique_ptr<ResponseScorer>(const Path& folder)> open_scorer;
  // The teacher's answer number `index` to each, where [answers] wants several or checks them.
  std::function<std::vector<Result<Answer>>(std::span<const Instruction>, int64_t index)> sample;
  StudentAhead ahead;
};

struct JudgedPool {
  std::vector<SeedCandidate> candidates;     // one a judged instruction, with its gap where there is one
  std::set<std::string, std::less<>> kinds;  // each once: the texts that the candidates' kinds are
  void add(SeedCandidate candidate) {
    candidate.kind = *kinds.emplace(candidate.kind).first;
    candidates.push_back(candidate);
  }
};

// TAPIR's split of what was judged: hard ones, whose gaps say what to write, and the rest.
struct FittedPool {
  JudgedPool hard;
  Ids rest;
};

struct WriteOrder {
  SelectionOptions selection;
  int64_t count = 0;           // accepted instructions
  std::string verb = "write";  // of the stage: a round that writes twice names both
};

class Arm {
 public:
  // `prefix` goes before the names of its stages from round 1 on: "" for the main arm, "control/" for the
  // control.
  Arm(Workshop& shop, std::string prefix) : shop_(shop), prefix_(std::move(prefix)) {}

  // The seed instructions (read once). Both of Lion's pools start as these.
  Ids seeds();
  // What round 0 imitates: all seeds, or a sample of data.train_sample of them.
  Ids first_train_pool(const Ids& seeds) const;
  // Asks the teacher for what it has not answered yet, then goes on training the last round's student on
  // these.
  void imitate(int round, const Ids& train_pool);
  // Student and teacher answer (a sample of the pool, where recipe.judge_sample says so), the referee
  // compares in both orders.
  JudgedPool discriminate(int round, const Ids& cache_pool);
  // The same candidates without a judge.
  JudgedPool unjudged(const Ids& cache_pool) const;
  // The votes of each kind by what options.selection asks for: the referee's verdicts on `ids`, or the
  // student's loss there.
  KindVotes vote(int round, const Ids& ids, const RecipeSection& options);
  // Writes new instructions from the seeds that the order selects; novel against the cache pool and each
  // other.
  Ids write(int round, const JudgedPool& judged, const WriteOrder& order, const Ids& cache_pool);
  // `ids` with every instruction that has children among `fresh` replaced by them.
  Ids replaced_by_children(const Ids& ids, const Ids& fresh) const;
  // What a round imitates: its fresh instructions after a draw from the earlier ones, so that a share of
  // recipe.replay of its examples are old; drawn by these votes where recipe.replay_per_kind says so.
  Ids with_replay(int round, const Ids& cache_pool, const Ids& fresh, const KindVotes& votes = {}) const;
  // ---- TAPIR ----
  // Who is hard by the fitting difficulty of TAPIR; who is left out is counted in the round's curriculum.
  FittedPool fit(const JudgedPool& judged) const;
  // Those of the pool that the referee was not shown (recipe.judge_sample): not known to be hard, they belong
  // to the rest.
  Ids not_shown(const JudgedPool& judged, const Ids& pool) const;
  // What the round trains on: a draw from hard and rest with the round's share of hard ones, exactly, and
  // kinds by the target mix.
  Ids curriculum(int round, const Ids& hard, const Ids& rest);
  // New instructions that were written from hard seeds, and the others.
  std::pair<Ids, Ids> by_origin(const Ids& ids) const;
  // Answers in the style of their task; one that the referee finds worse than the teacher's first is
  // discarded.
  void rewrite(int round, const Ids& ids);

  // ---- Orca ----
  // The queries that each sub-collection's own rule draws.
  Ids sample_queries(const Ids& seeds) const;
  // The share of them that the second teacher explains too.
  Ids second_queries(const Ids& queries) const;
  // The stage's teacher explains each under its system message; returns those that it could.
  Ids explain(int stage, const Ids& queries);

  // Exact scores on held-out practice instructions, loss on held-out rows.
  void evaluate(int round);

 private:
  struct StageResult {
    StageCounts counts;
    Json note = Json::object();
  };
  // "judge_2" or "control/judge_2"; round 0 is shared by all arms.
  std::string stage_name(std::string_view verb, int round) const;
  // Runs `body` once and for all under that name.
  void run_stage(const std::string& name, const std::function<StageResult()>& body);
  // Its two halves, where two stages are open at once. False: it is finished already.
  bool begin_stage(const std::string& name);
  void finish_stage(const std::string& name, const StageResult& result);
  Path checkpoint(int round) const;
  // The student as round `round` left it; -1: as it starts.
  Student& student_of(int round);
  void say(const std::string& stage, int64_t done, int64_t all, const std::string& detail = "") const;
  // Seeds kept out of all pools for the held-out loss.
  Ids held_out_seeds() const;
  // Whom a stage asked, and where their answers go: to the stage, or (the teacher's) to the run.
  struct Asked {
    std::string_view role;
    void (RunStore::*keep)(std::string_view stage, std::span<const StoredAnswer> answers);
  };
  // A chunk of a stage: what is answered is stored, what fails leaves with its reason, in one transaction. Of
  // the chunk's rows `asked` are those that had no answer yet; `counts` grows by all of them.
  void keep(const std::string& stage, const Asked& of, const std::vector<Instruction>& asked,
            std::vector<Result<Answer>> answers, size_t chunk_size, StageCounts& counts);
  // `round`: the last whose lessons are known, so that what is explained is not asked for plainly as well.
  void teach(const std::string& stage, int round, const Ids& ids);
  // The same where [answers] wants several samples or checks: one that passes is stored, else why none does.
  void ask_and_choose(const std::string& stage, const std::vector<Instruction>& asked, size_t chunk_size,
                      StageCounts& counts);
  // Orca's explanations in a recipe of another name: of those that nobody has explained yet.
  void explain_lessons(int round, const Ids& train_pool);
  // What this arm's student is to learn, as of that round: the teacher's answers, or what came in their place
  // by then (explained, rewritten).
  std::map<int64_t, Answer> lessons(int round, std::span<const int64_t> ids) const;
  // What became of a train pool on its way to the student.
  struct Shown {
    int64_t examples = 0;
    std::vector<Drop> drops;
    std::vector<int64_t> reasoning_words;  // of each answer that has any
  };
  // Shows the student each instruction of the pool with its lesson, a chunk at a time.
  void show_lessons(int round, const Ids& train_pool, Shown& shown,
                    const std::function<void(const Example&)>& show) const;
  // The text that the student is given: the instruction, after its system message where the run keeps that.
  std::string training_text(const Instruction& instruction) const;
  // Evol-Instruct's eliminations by the teacher's answer; returns who is left.
  Ids eliminate(int round, const std::string& verb, const Ids& ids);
  struct Tally;  // of a judge stage
  // Some of the pool, at work with the student; who lets go of it stops the work.
  struct Piece {
    std::span<const int64_t> ids;
    std::vector<Instruction> asked;  // those of them that have no answer yet; none: no future either
    std::future<std::vector<Result<Answer>>> answers;
    WorkOrder wanted;  // the last member: withdrawn before the future waits
  };
  Piece begin_answers(int round, std::span<const int64_t> ids);
  void keep_answers(int round, Piece piece, StageCounts& counts);
  void answer(int round, const Ids& ids);
  // answer() and the referee's comparison at once: while the referee compares one piece, the student answers
  // the next. The same rows as one after the other.
  void answer_and_judge(int round, const Ids& ids);
  void judge(int round, std::span<const int64_t> piece, Tally& tally, StageCounts& counts);
  Ids judged_sample(int round, const Ids& cache_pool) const;
  // Whom the referee sees: all, a random sample, or those that recipe.judge_prior puts first (stage
  // "prior_r").
  Ids shown_to_referee(int round, const Ids& cache_pool);
  KindLosses measure(int round, const Ids& pool);
  KindLosses kind_losses(int round) const;

  Workshop& shop_;
  std::string prefix_;
  std::unique_ptr<Student> student_;
  int student_round_ = -2;  // none is open
};

}  // namespace retort
