// One arm of a run: the main recipe, or a control that shares its round 0. Its verbs are what recipes are
// written in; each is one durable stage: finished -> it returns what the store holds, else it runs and
// commits. So a recipe holds no word about resuming.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pool/selection.h"
#include "pool/votes.h"
#include "recipe/run_file.h"
#include "roles/generator.h"
#include "roles/referee.h"
#include "store/run_store.h"

namespace retort {

using Ids = std::vector<int64_t>;  // rows of instructions in the store

// What a stage tells whoever watches.
struct StageProgress {
  std::string stage;
  int64_t done = 0, all = 0;
  std::string detail;  // "loss 0.83", "412 accepted"
  std::string spent;   // "1.20 USD"; empty where nothing has a price
};

// Everything a run works with. Owned by run.cpp (or by a test); the arms borrow it.
struct Workshop {
  const RunFile& file;
  RunStore& store;
  Path folder;
  Answerer& teacher;
  Referee& referee;
  Generator& generator;
  std::function<std::unique_ptr<Student>(const Path& folder)> open_student;  // throws RunError
  Path base_folder;                                                          // where the student starts
  // The kind of a freshly written instruction; empty where nobody knows.
  std::function<std::string(const Instruction& written, const Instruction& parent)> kind_of;
  std::function<void(const StageProgress&)> progress;
};

struct JudgedPool {
  std::vector<SeedCandidate> candidates;  // one a judged instruction, with its gap where there is one
  std::vector<std::string> kinds;         // owns the candidates' kind texts
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
  JudgedPool unjudged(const Ids& cache_pool);
  // The votes of each kind by what options.selection asks for: the referee's verdicts on `ids`, or the
  // student's loss there.
  KindVotes vote(int round, const Ids& ids, const RecipeSection& options);
  // Writes new instructions from the seeds that the order selects; novel against the cache pool and each
  // other.
  Ids write(int round, const JudgedPool& judged, const WriteOrder& order, const Ids& cache_pool);
  // A draw from earlier instructions, so that `replay` of the round's examples are old ones; by these votes
  // where recipe.replay_per_kind says so.
  Ids replay(int round, const Ids& cache_pool, size_t fresh_count, const KindVotes& votes = {});
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
  Path checkpoint(int round) const;
  // The student as round `round` left it; -1: as it starts.
  Student& student_of(int round);
  void say(const std::string& stage, int64_t done, int64_t all, const std::string& detail = "") const;
  // Seeds kept out of all pools for the held-out loss.
  Ids held_out_seeds() const;
  void teach(const std::string& stage, const Ids& ids);
  void answer(int round, const Ids& ids);
  void judge(int round, const Ids& ids);
  Ids judged_sample(int round, const Ids& cache_pool) const;
  KindLosses measure(int round, const Ids& pool);
  KindLosses kind_losses(int round) const;

  Workshop& shop_;
  std::string prefix_;
  std::unique_ptr<Student> student_;
  int student_round_ = -2;  // none is open
};

}  // namespace retort
