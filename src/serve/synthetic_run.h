// For tests: a run folder as the recipes leave it, with made-up figures, in the real store. Small, quick and
// the same every time. Stages may be left out from the end (a run that was killed), and a text can be put
// into every place that a model, an API or a file can write to.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "eval/report.h"
#include "practice/world.h"
#include "store/run_store.h"

namespace retort {

struct SyntheticOptions {
  int rounds = 3;
  int64_t seeds = 300, fresh = 100;   // seed rows; rows a round writes
  int per_kind = 12;                  // held-out instructions a kind; 0: no exact scores
  std::string control = "imitation";  // empty: none
  std::string foreign;                // ends every text that is not ours
  int stages_max = 1'000;             // then the process "is killed"
  std::function<void(const std::string& stage)> before_stage = {};  // for a run that takes its time
};

class SyntheticRun {
 public:
  SyntheticRun(const Path& folder, const SyntheticOptions& options) : folder_(folder), options_(options) {
    or_throw(write_file_atomic(
        folder / "run.toml",
        format("[recipe]\nname = \"lion\"\nrounds = {}\ncontrol = \"{}\"\n[teacher]\nmodel = "
               "\"retort-practice-teacher\"\nbase_url = \"practice\"\n[export]\nwhich = \"best\"\n",
               options.rounds, options.control)));
    store_ = or_throw(RunStore::open(folder, StoreMode::Write));
    for (size_t skill = 0; skill < practice::skills().size(); ++skill)
      for (int level = 1; level <= practice::kLevels; ++level)
        kinds_.push_back(practice::kind_name(static_cast<int>(skill), level));
  }

  // Writes the stages; afterwards the lock is free, as after the end of the process.
  void write() {
    evals();
    store_->begin_stage("run");
    seeds();
    learn("", 0);
    for (int round = 1; round <= options_.rounds; ++round) {
      judge(round);
      write_round("", round);
      learn("", round);
    }
    for (int round = 1; round <= options_.rounds && !options_.control.empty(); ++round) {
      write_round("control/", round);
      learn("control/", round);
    }
    Json note = Json::object();
    note.set("recipe", "lion").set("control", options_.control).set("practice_teacher", true);
    if (may_go_on())
      store_->finish_stage("run", {},
                           note.set("teacher_model", "retort-practice-teacher" + options_.foreign));
    store_.reset();
  }

 private:
  // Two results of `retort eval`: shares by task, and a judge's scores beside a reference.
  void evals() const {
    EvalReport bbh{.suite = "bbh", .model = text("student"), .questions = 60, .answers = 60, .cut = 2};
    bbh.mean_characters = 41;
    bbh.chance = 31.3;
    bbh.majority = 34.7;
    for (const char* name : {"first letter", "robust"}) {
      Figure& figure = bbh.figures.emplace_back(Figure{.name = name});
      for (int i = 0; i < 60; ++i)
        figure.items.push_back({.id = std::to_string(i),
                                .task = text(i % 2 == 0 ? "navigate" : "snarks"),
                                .value = i % 5 < 2 ? 1.0 : 0.0,
                                .reading = i % 20 == 0 ? Reading::Unparsed : Reading::Parsed});
    }
    EvalReport vicuna{.suite = "vicuna80", .model = text("student"), .judge = text("judge")};
    vicuna.reference = text("reference");
    vicuna.questions = vicuna.answers = 20;
    vicuna.reference_characters = 600;
    vicuna.order_disagreement = Estimate{12, 4, 30};
    vicuna.remarks = {text("the judge saw 20 of 80 questions")};
    Figure& scores = vicuna.figures.emplace_back(Figure{.name = "setting 1", .measure = Measure::Relative});
    scores.counts = {{"win", 4}, {"tie", 6}, {"lose", 10}};
    for (int i = 0; i < 20; ++i)
      scores.items.push_back({.id = std::to_string(i),
                              .task = text(i % 2 == 0 ? "writing" : "fermi"),
                              .value = 6.0 + i % 3,
                              .against = 8});
    for (const EvalReport& report : {bbh, vicuna})
      or_throw(write_file_atomic(folder_ / "evals" / "results" / (report.suite + "__student.json"),
                                 report_json(report).dump()));
  }
  bool may_go_on() const { return stages_ < options_.stages_max; }
  bool begin(const std::string& stage) {
    if (!may_go_on()) return false;
    ++stages_;
    store_->begin_stage(stage);
    if (options_.before_stage) options_.before_stage(stage);
    return true;
  }
  std::string text(const std::string& ours) const { return ours + options_.foreign; }

  // One finished call.
  std::string ask(const std::string& role, int64_t tokens_in, int64_t tokens_out) {
    std::string key = sha256_hex(format("{} {}", role, calls_++));
    std::vector<CallEvent> events = {CallPlanned{key, text(role), text(role), 0, "{}"}, CallSent{key},
                                     CallDone{key, 200, "{}", tokens_in, tokens_out, 1}};
    store_->commit_calls(events);
    return key;
  }

  void seeds() {
    if (!begin("seeds")) return;
    std::vector<Instruction> rows;
    for (int64_t i = 0; i < options_.seeds; ++i) rows.push_back(row(Origin::Seed, 0));
    store_->add_instructions("seeds", rows);
    store_->add_drops("seeds",
                      std::vector<Drop>{{0, text("duplicate of an earlier row"), text("Add 2 and 3.")}});
    for (const Instruction& r : rows) pool_.push_back(r.id);
    fresh_ = pool_;
    store_->finish_stage("seeds", {options_.seeds + 1, options_.seeds, 1, 0}, Json::object());
  }

  Instruction row(Origin origin, int round) {
    Random random(7, "row", static_cast<uint64_t>(rows_++));
    // Frequent kinds first, as in a skewed pool; what is written from hard seeds leans the other way.
    double u = random.uniform();
    double place = origin == Origin::Hard ? 1 - u * u : u * u;
    size_t kind =
        std::min(kinds_.size() - 1, static_cast<size_t>(place * static_cast<double>(kinds_.size())));
    Instruction made{
        .text = text(format("Instruction {} asks for something of the kind {}.", rows_, kinds_[kind])),
        .kind = text(kinds_[kind]),
        .origin = origin,
        .round = round};
    if (round > 0) made.parent_id = 1;
    return made;
  }

  void learn(const std::string& prefix, int round) {
    std::string at = std::to_string(round);
    if (begin(prefix + "teach_" + at)) {
      std::vector<StoredAnswer> answers;
      for (int64_t id : fresh_) answers.push_back({id, {.text = text(format("The answer is {}.", id % 17))}});
      ask("teacher", 40 * static_cast<int64_t>(fresh_.size()), 12 * static_cast<int64_t>(fresh_.size()));
      store_->add_teacher_answers(prefix + "teach_" + at, answers);
      auto n = static_cast<int64_t>(fresh_.size());
      store_->finish_stage(prefix + "teach_" + at, {n, n, 0, 0}, Json::object());
    }
    if (begin(prefix + "imitate_" + at)) {
      Json note = Json::object();
      note.set("steps", 200)
          .set("tokens", 200'000)
          .set("first_loss", 2.1 - 0.4 * round)
          .set("last_loss", 0.5);
      note.set("curve", curve());
      auto n = static_cast<int64_t>(fresh_.size());
      store_->finish_stage(prefix + "imitate_" + at, {n, n, 0, 0}, note.set("seconds", 21.5));
    }
    // One transaction, or the disk would be asked to sync for each metric.
    if (begin(prefix + "evaluate_" + at)) store_->transaction([&] { evaluate(prefix, round); });
  }

  // As recipe/train_curve.h keeps it.
  static Json curve() {
    Json step = Json::array(), loss = step, norm = step, rate = step, speed = step;
    for (int i = 1; i <= 200; ++i) {
      const double done = static_cast<double>(i) / 200;
      step.push(i);
      loss.push(0.5 + 1.6 * std::exp(-4 * done));
      norm.push(1 - 0.5 * done);
      rate.push(6e-3 * (1 - done));
      speed.push(9'000 + 400 * done);
    }
    return Json::object()
        .set("step", step)
        .set("loss", loss)
        .set("norm", norm)
        .set("rate", rate)
        .set("speed", speed);
  }

  void evaluate(const std::string& prefix, int round) {
    std::string stage = prefix + "evaluate_" + std::to_string(round);
    double progress = round * (prefix.empty() ? 0.06 : 0.035), sum = 0, hard_sum = 0;
    size_t third = kinds_.size() / 3;
    for (size_t k = 0; k < kinds_.size() && options_.per_kind > 0; ++k) {
      Random random(11, stage, k);
      double skill = 0.9 - 0.75 * static_cast<double>(k) / static_cast<double>(kinds_.size());
      bool is_hard = k >= kinds_.size() - third;
      double chance = std::min(1.0, skill + progress * (is_hard ? 1.8 : 0.8));
      int right = 0;
      for (int i = 0; i < options_.per_kind; ++i) right += random.chance(chance) ? 1 : 0;
      double share = static_cast<double>(right) / options_.per_kind;
      sum += share;
      if (is_hard) hard_sum += share;
      store_->set_metric(stage, "kind/" + text(kinds_[k]), share);
      store_->set_metric(stage, "kind_n/" + text(kinds_[k]), options_.per_kind);
      if (is_hard && round == 0) store_->set_metric(stage, "hard_kind/" + text(kinds_[k]), 1);
    }
    store_->set_metric(stage, "heldout_loss", 0.62 * std::exp(-progress * 3));
    auto n = static_cast<int64_t>(kinds_.size()) * options_.per_kind;
    if (n > 0) {
      store_->set_metric(stage, "n", static_cast<double>(n));
      store_->set_metric(stage, "exact_all", sum / static_cast<double>(kinds_.size()));
      store_->set_metric(stage, "exact_hard", hard_sum / static_cast<double>(third));
      store_->set_metric(stage, "exact_pool", std::min(1.0, sum / static_cast<double>(kinds_.size()) + 0.12));
      store_->set_metric(stage, "length_student", 7.3);
    }
    store_->finish_stage(stage, {n, n, 0, 0}, Json::object());
  }

  void judge(int round) {
    std::string answer = format("answer_{}", round), judge = format("judge_{}", round);
    auto n = static_cast<int64_t>(pool_.size());
    if (begin(answer)) {
      std::vector<StoredAnswer> answers;
      for (int64_t id : pool_) answers.push_back({id, {.text = text(format("It is {}.", id % 13))}});
      store_->add_answers(answer, answers);
      store_->finish_stage(answer, {n, n, 0, 0}, Json::object());
    }
    ask("referee", 2 * 90 * n, 2 * 30 * n);
    if (begin(judge)) store_->transaction([&] { judge_all(judge); });
  }

  void judge_all(const std::string& judge) {
    auto n = static_cast<int64_t>(pool_.size());
    std::vector<Verdict> verdicts;
    std::vector<Drop> drops;
    int64_t hard = 0, wins = 0;
    for (int64_t id : pool_) {
      Random random(13, judge, static_cast<uint64_t>(id));
      bool is_unjudged = random.chance(0.03);
      double low = random.chance(0.4) ? 3 : 8, first = std::round(low + random.uniform()),
             second = std::round(low + random.uniform());
      Verdict teacher_first{.instruction_id = id, .order = Order::TeacherFirst},
          student_first = teacher_first;
      student_first.order = Order::StudentFirst;
      teacher_first.teacher_score = 9;
      teacher_first.student_score = first;
      student_first.teacher_score = 8;
      student_first.student_score = second;
      if (is_unjudged) {
        teacher_first.teacher_score = teacher_first.student_score = student_first.teacher_score =
            student_first.student_score = std::nullopt;
        teacher_first.reason = student_first.reason = text("no score lines");
        drops.push_back({id, text("unjudged: no score lines"), ""});
      } else {
        double gap = 8.5 - (first + second) / 2;
        hard += gap >= 1.5 ? 1 : 0;
        wins += gap < 0 ? 1 : 0;
      }
      verdicts.push_back(teacher_first);
      verdicts.push_back(student_first);
    }
    auto unjudged = static_cast<int64_t>(drops.size());
    store_->add_verdicts(judge, verdicts);
    store_->add_drops(judge, drops);
    store_->set_metric(judge, "threshold", 1.5);
    store_->set_metric(judge, "hard", static_cast<double>(hard));
    store_->set_metric(judge, "easy", static_cast<double>(n - unjudged - hard));
    store_->set_metric(judge, "unjudged", static_cast<double>(unjudged));
    store_->set_metric(judge, "win_rate", static_cast<double>(wins) / static_cast<double>(n - unjudged));
    store_->set_metric(judge, "order_disagreement", 0.07);
    store_->finish_stage(judge, {n, n - unjudged, unjudged, 0}, Json::object());
  }

  void write_round(const std::string& prefix, int round) {
    std::string stage = format("{}write_{}", prefix, round);
    if (!begin(stage)) return;
    std::vector<Instruction> rows;
    for (int64_t i = 0; i < options_.fresh; ++i)
      rows.push_back(row(!prefix.empty() ? Origin::Same : i % 2 == 0 ? Origin::Hard : Origin::Easy, round));
    ask("generator", 60 * options_.fresh, 20 * options_.fresh);
    store_->add_instructions(stage, rows);
    store_->add_drops(stage, std::vector<Drop>{{0, text("near duplicate"), text("the same again")},
                                               {0, text("near duplicate"), text("and again")},
                                               {0, text("generator: Timeout"), text("slow"), true}});
    fresh_.clear();
    for (const Instruction& r : rows) fresh_.push_back(r.id);
    if (prefix.empty()) pool_.insert(pool_.end(), fresh_.begin(), fresh_.end());
    store_->finish_stage(stage, {options_.fresh + 3, options_.fresh, 2, 1}, Json::object());
  }

  Path folder_;
  SyntheticOptions options_;
  std::unique_ptr<RunStore> store_;
  std::vector<std::string> kinds_;
  std::vector<int64_t> pool_, fresh_;
  int stages_ = 0;
  int64_t rows_ = 0, calls_ = 0;
};

inline void write_synthetic_run(const Path& folder, const SyntheticOptions& options = {}) {
  SyntheticRun(folder, options).write();
}

}  // namespace retort
