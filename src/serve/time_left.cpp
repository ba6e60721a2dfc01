#include "serve/time_left.h"

#include <algorithm>

#include "serve/stage_name.h"

namespace retort {
namespace {

struct Known {
  double seconds = 0;  // more than the stages before it took
  int64_t cost = 0;
};

// What a verb of an arm last took, and which verbs a whole round of it has.
struct ArmPace {
  std::map<std::string, Known> verbs;
  std::map<std::string, const StageView*> stages;  // by name
  bool has_whole_round = false;
};

ArmPace pace_of(const RunView& view, const std::string& prefix) {
  ArmPace pace;
  std::map<std::string, int64_t> cost;
  for (const StageCalls& calls : view.evidence.calls) cost[calls.stage] += calls.cost;
  double answered = 0;  // when the student's answers were whole; the referee is at work from the first on
  for (const StageView& stage : view.stages) {
    const std::optional<StageName> name = parse_stage_name(stage.name);
    if (!name || name->prefix != prefix) continue;
    pace.stages[stage.name] = &stage;
    if (name->round == 0 || !stage.finished) continue;
    const double begun = static_cast<double>(stage.started_ms) / 1'000;
    if (name->verb == "answer") answered = begun + stage.seconds;
    const double meanwhile = name->verb == "judge" ? std::max(0.0, answered - begun) : 0;
    pace.verbs[name->verb] = {std::max(0.0, stage.seconds - meanwhile), cost[stage.name]};
    pace.has_whole_round |= name->verb == "evaluate";
  }
  return pace;
}

// A control does what the main arm does, but asks no referee.
void borrow(const ArmPace& main, ArmPace& control) {
  for (const char* verb : {"write", "teach", "imitate", "evaluate"})
    if (auto known = main.verbs.find(verb); known != main.verbs.end()) control.verbs.insert(*known);
}

std::optional<double> pace_left(const LiveState& live, int64_t now_ms) {
  if (live.done <= 0 || live.all <= live.done || now_ms <= live.begun_ms) return std::nullopt;
  const double spent = static_cast<double>(now_ms - live.begun_ms) / 1'000;
  return spent * static_cast<double>(live.all - live.done) / static_cast<double>(live.done);
}

class Remaining {
 public:
  Remaining(const RunView& view, const std::optional<LiveState>& live, int64_t now_ms)
      : view_(view), live_(live), now_ms_(now_ms) {}
  void add(const ArmPace& pace, const std::string& prefix) {
    for (int round = 1; round <= view_.rounds_planned.value_or(0); ++round)
      for (const auto& [verb, known] : pace.verbs) add(pace, format("{}{}_{}", prefix, verb, round), known);
  }
  double seconds() const { return seconds_; }
  int64_t cost() const { return cost_; }

 private:
  void add(const ArmPace& pace, const std::string& name, const Known& known) {
    auto found = pace.stages.find(name);
    if (found != pace.stages.end() && found->second->finished) return;
    cost_ += known.cost;
    if (found == pace.stages.end()) {
      seconds_ += known.seconds;
      return;
    }
    const double spent =
        static_cast<double>(std::max<int64_t>(0, now_ms_ - begun_ms(pace, *found->second))) / 1'000;
    const std::optional<double> left =
        live_ && live_->stage == name ? pace_left(*live_, now_ms_) : std::nullopt;
    seconds_ += left.value_or(std::max(0.0, known.seconds - spent));
    for (const StageCalls& calls : view_.evidence.calls)
      if (calls.stage == name) cost_ -= std::min(cost_, calls.cost);
  }

  // A referee that began while the student answers is counted from the end of the answers, as pace_of does.
  int64_t begun_ms(const ArmPace& pace, const StageView& stage) const {
    const std::optional<StageName> name = parse_stage_name(stage.name);
    if (!name || name->verb != "judge") return stage.started_ms;
    auto answer = pace.stages.find(format("{}answer_{}", name->prefix, name->round));
    if (answer == pace.stages.end()) return stage.started_ms;
    if (!answer->second->finished) return now_ms_;
    const auto lasted_ms = static_cast<int64_t>(answer->second->seconds * 1'000);
    return std::max(stage.started_ms, answer->second->started_ms + lasted_ms);
  }

  const RunView& view_;
  const std::optional<LiveState>& live_;
  int64_t now_ms_;
  double seconds_ = 0;
  int64_t cost_ = 0;
};

}  // namespace

TimeLeft time_left(const RunView& view, const std::optional<LiveState>& live, int64_t now_ms) {
  TimeLeft left;
  if (view.state == RunState::Finished) return left;
  if (view.state == RunState::Running && live) left.stage_seconds = pace_left(*live, now_ms);
  const ArmPace main = pace_of(view, "");
  if (!main.has_whole_round || !view.rounds_planned) return left;
  Remaining remaining(view, live, now_ms);
  remaining.add(main, "");
  if (view.control) {
    ArmPace control = pace_of(view, "control/");
    borrow(main, control);
    remaining.add(control, "control/");
  }
  left.all_seconds = remaining.seconds();
  if (view.money) left.projected = view.money->spent + view.money->unknown + remaining.cost();
  return left;
}

}  // namespace retort
