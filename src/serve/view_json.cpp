#include "serve/view_json.h"

#include <algorithm>
#include <cmath>

#include "serve/arm_difference.h"
#include "serve/json_values.h"
#include "serve/kind_name.h"
#include "serve/stage_name.h"
#include "serve/view_evals.h"

namespace retort {
namespace {

// A share with Wilson's interval, or the share alone where nobody knows of how many.
Json share(const std::optional<double>& value, const std::optional<Estimate>& interval) {
  if (interval) return estimate_array(interval);
  return value ? Json::array().push(*value) : Json();
}

Json amount(int64_t billionths) { return static_cast<double>(billionths) / 1e9; }

Json counts(const std::map<std::string, int64_t>& of) {
  Json json = Json::object();
  for (const auto& [name, count] : of) json.set(name, count);
  return json;
}

Json training_json(const Training& training) {
  Json curve = Json::array();
  for (const TrainPoint& p : training.curve)
    curve.push(Json::array()
                   .push(p.step)
                   .push(p.loss)
                   .push(p.gradient_norm)
                   .push(p.learning_rate)
                   .push(p.tokens_per_second));
  return Json::object()
      .set("steps", training.steps)
      .set("tokens", training.tokens)
      .set("first_loss", or_null(training.first_loss))
      .set("last_loss", or_null(training.last_loss))
      .set("seconds", or_null(training.seconds))
      .set("padding_share", or_null(training.padding_share))
      .set("curve", std::move(curve));
}

Json kinds_json(const RoundView& round) {
  Json kinds = Json::object();
  for (const auto& [kind, score] : round.kinds) {
    std::optional<Estimate> interval;
    if (score.n) interval = wilson_interval_of_share(score.exact, *score.n);
    kinds.set(kind, share(score.exact, interval));
  }
  return kinds;
}

Json round_json(const RoundView& round) {
  return Json::object()
      .set("round", round.round)
      .set("answers", or_null(round.answers))
      .set("exact_all", share(round.exact_all, exact_all(round)))
      .set("exact_hard", share(round.exact_hard, exact_hard(round)))
      .set("exact_pool", share(round.exact_pool, std::nullopt))
      .set("heldout_loss", or_null(round.heldout_loss))
      .set("preferred", share(round.win_rate, preferred(round)))
      .set("tie", or_null(round.tie_rate))
      .set("behind", or_null(round.loss_rate))
      .set("disagreement", or_null(round.order_disagreement))
      .set("threshold", or_null(round.threshold))
      .set("hard", or_null(round.hard))
      .set("easy", or_null(round.easy))
      .set("unjudged", or_null(round.unjudged))
      .set("length", or_null(round.length_student))
      .set("n", or_null(round.n))
      .set("kinds", kinds_json(round))
      .set("training", round.training ? training_json(*round.training) : Json());
}

Json arm_json(const ArmView& arm) {
  Json rounds = Json::array();
  for (const RoundView& round : arm.rounds) rounds.push(round_json(round));
  return Json::object().set("name", arm.recipe).set("rounds", std::move(rounds));
}

Json difference_json(const RunView& view) {
  const std::optional<ArmDifference> all = arm_difference(view, Kinds::All),
                                     hard = arm_difference(view, Kinds::HardThird);
  if (!all) return Json();
  return Json::object()
      .set("round", all->round)
      .set("kinds", static_cast<int64_t>(all->kinds))
      .set("all", estimate_array(all->points))
      .set("hard", hard ? estimate_array(hard->points) : Json());
}

Json gaps_json(const Evidence& evidence) {
  Json json = Json::array();
  for (const GapView& gap : evidence.gaps) {
    std::map<double, int64_t> bins;
    for (double value : gap.gaps) ++bins[std::floor(value * 2 + 0.5) / 2];
    Json bars = Json::array(), sweep = Json::array();
    for (const auto& [middle, count] : bins) bars.push(Json::array().push(middle).push(count));
    for (const auto& [threshold, hard] : gap.sweep) sweep.push(Json::array().push(threshold).push(hard));
    json.push(Json::object()
                  .set("round", gap.round)
                  .set("threshold", or_null(gap.threshold))
                  .set("unjudged", gap.unjudged)
                  .set("judged", static_cast<int64_t>(gap.gaps.size()))
                  .set("bins", std::move(bars))
                  .set("sweep", std::move(sweep)));
  }
  return json;
}

Json evidence_json(const Evidence& evidence) {
  Json tasks = Json::array(), lengths = Json::array(), pools = Json::array(), curricula = Json::array();
  for (const TaskView& task : evidence.tasks)
    tasks.push(Json::object()
                   .set("round", task.round)
                   .set("task", task.task)
                   .set("gap", estimate_array(task.gap))
                   .set("wins", task.wins)
                   .set("ties", task.ties)
                   .set("losses", task.losses));
  for (const LengthView& length : evidence.lengths)
    lengths.push(Json::object()
                     .set("round", length.round)
                     .set("pairs", length.pairs)
                     .set("student", length.student)
                     .set("teacher", length.teacher));
  for (const PoolView& pool : evidence.pools)
    pools.push(Json::object()
                   .set("arm", pool.arm)
                   .set("round", pool.round)
                   .set("rows", pool.rows)
                   .set("kinds", counts(pool.kinds))
                   .set("origins", counts(pool.origins)));
  for (const CurriculumView& view : evidence.curricula) {
    Json metrics = Json::object();
    for (const auto& [name, value] : view.metrics) metrics.set(name, value);
    curricula.push(Json::object().set("round", view.round).set("metrics", std::move(metrics)));
  }
  return Json::object()
      .set("gaps", gaps_json(evidence))
      .set("tasks", std::move(tasks))
      .set("lengths", std::move(lengths))
      .set("pools", std::move(pools))
      .set("curricula", std::move(curricula))
      .set("evals", evals_json(evidence.evals));
}

Json money_json(const std::optional<MoneyView>& money) {
  if (!money) return Json();
  return Json::object()
      .set("currency", money->currency.empty() ? Json("") : Json(money->currency))
      .set("spent", amount(money->spent))
      .set("unknown", amount(money->unknown))
      .set("reserved", amount(money->reserved))
      .set("cap", money->cap ? amount(*money->cap) : Json())
      .set("per_example", money->per_example ? amount(*money->per_example) : Json());
}

Json roles_json(const RunView& view) {
  std::map<std::string, int64_t> sent_again;
  for (const StageCalls& calls : view.evidence.calls) sent_again[calls.role] += calls.sent_again;
  Json roles = Json::array();
  for (const auto& [role, totals] : view.calls)
    roles.push(Json::object()
                   .set("role", role)
                   .set("done", totals.done)
                   .set("failed", totals.failed)
                   .set("unknown", totals.unknown)
                   .set("waiting", totals.planned)
                   .set("in_flight", totals.sent)
                   .set("sent_again", sent_again[role])
                   .set("tokens_in", totals.tokens_in)
                   .set("tokens_out", totals.tokens_out)
                   .set("tokens_cached", totals.tokens_cached)
                   .set("cost", amount(totals.cost)));
  return roles;
}

Json stage_calls_json(const Evidence& evidence) {
  Json rows = Json::array();
  for (const StageCalls& calls : evidence.calls)
    rows.push(Json::object()
                  .set("stage", calls.stage)
                  .set("role", calls.role)
                  .set("done", calls.done)
                  .set("failed", calls.failed)
                  .set("sent_again", calls.sent_again)
                  .set("tokens_in", calls.tokens_in)
                  .set("tokens_out", calls.tokens_out)
                  .set("tokens_cached", calls.tokens_cached)
                  .set("cost", amount(calls.cost)));
  return rows;
}

Json stages_json(const RunView& view) {
  Json stages = Json::array();
  for (const StageView& stage : view.stages) {
    if (stage.name == "run") continue;
    stages.push(Json::object()
                    .set("name", stage.name)
                    .set("finished", stage.finished)
                    .set("started_ms", stage.started_ms)
                    .set("seconds", stage.finished ? Json(stage.seconds) : Json())
                    .set("in", stage.counts.in)
                    .set("ok", stage.counts.ok)
                    .set("dropped", stage.counts.dropped)
                    .set("failed", stage.counts.failed)
                    .set("drops", counts(stage.drops)));
  }
  return stages;
}

// Which practice domain each skill is of, in the order in which people meet the domains.
Json domains_json(const RunView& view) {
  std::map<std::string, int64_t> domains;
  std::map<std::string, std::vector<std::string>> skills;
  auto add = [&](const std::string& kind) {
    const std::string skill = split_kind(kind).skill, domain = domain_of(skill);
    std::vector<std::string>& of = skills[domain];
    if (domain.empty() || std::find(of.begin(), of.end(), skill) != of.end()) return;
    of.push_back(skill);
    ++domains[domain];
  };
  for (const RoundView& round : view.main.rounds)
    for (const auto& [kind, score] : round.kinds) add(kind);
  for (const PoolView& pool : view.evidence.pools)
    for (const auto& [kind, count] : pool.kinds) add(kind);
  Json json = Json::object();
  for (const std::string& domain : domains_in_order(domains)) {
    Json names = Json::array();
    for (const std::string& skill : skills[domain]) names.push(skill);
    json.set(domain, std::move(names));
  }
  return json;
}

std::string name_of(const Path& folder) {
  return folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
}

}  // namespace

Json figures_json(const RunView& view) {
  Json arms = Json::array(), hard = Json::array(), chosen;
  arms.push(arm_json(view.main));
  if (view.control) arms.push(arm_json(*view.control));
  for (const std::string& kind : view.hard_kinds) hard.push(kind);
  if (view.chosen) chosen = Json::object().set("round", view.chosen->round).set("why", view.chosen->why);
  Json json = Json::object();
  json.set("name", name_of(view.folder))
      .set("recipe", view.recipe)
      .set("teacher_model", view.teacher_model)
      .set("practice_teacher", view.practice_teacher)
      .set("state", run_state_name(view.state))
      .set("seconds", view.seconds)
      .set("rounds_planned", or_null(view.rounds_planned))
      .set("chosen", std::move(chosen))
      .set("hard_kinds", std::move(hard))
      .set("domains", domains_json(view));
  json.set("arms", std::move(arms)).set("difference", difference_json(view));
  json.set("money", money_json(view.money))
      .set("roles", roles_json(view))
      .set("stage_calls", stage_calls_json(view.evidence))
      .set("unknown_calls", static_cast<int64_t>(view.unknown_calls.size()))
      .set("stages", stages_json(view));
  return json.set("evidence", evidence_json(view.evidence));
}

Json progress_json(const RunView& view, const std::optional<LiveState>& live, int64_t now_ms) {
  const TimeLeft left = time_left(view, live, now_ms);
  std::string at;
  for (const StageView& stage : view.stages)
    if (!stage.finished && stage.name != "run") at = stage.name;
  const std::optional<StageName> name = parse_stage_name(at);
  Json now;
  if (live && view.state == RunState::Running)
    now = Json::object()
              .set("stage", live->stage)
              .set("done", live->done)
              .set("all", live->all)
              .set("detail", live->detail)
              .set("silent_seconds", static_cast<double>(now_ms - live->written_ms) / 1'000)
              .set("memory_bytes", live->memory_bytes > 0 ? Json(live->memory_bytes) : Json());
  int64_t tokens = 0;
  for (const auto& [role, totals] : view.calls) tokens += totals.tokens_in + totals.tokens_out;
  return Json::object()
      .set("state", run_state_name(view.state))
      .set("stage", at.empty() ? Json() : Json(at))
      .set("round", name ? Json(name->round) : Json())
      .set("live", std::move(now))
      .set("stage_seconds_left", or_null(left.stage_seconds))
      .set("all_seconds_left", or_null(left.all_seconds))
      .set("projected", left.projected ? amount(*left.projected) : Json())
      .set("tokens", tokens)
      .set("now_ms", now_ms);
}

Json report_samples_json(const Evidence& evidence) {
  Json rows = Json::array();
  for (const SampleView& sample : evidence.samples) {
    Json verdicts = Json::array();
    for (const Verdict& verdict : sample.verdicts)
      verdicts.push(Json::object()
                        .set("student_first", verdict.order == Order::StudentFirst)
                        .set("teacher", or_null(verdict.teacher_score))
                        .set("student", or_null(verdict.student_score))
                        .set("reason", verdict.reason));
    rows.push(Json::object()
                  .set("id", sample.instruction.id)
                  .set("text", sample.instruction.text)
                  .set("kind", sample.instruction.kind)
                  .set("origin", origin_name(sample.instruction.origin))
                  .set("round", sample.instruction.round)
                  .set("teacher", or_null(sample.teacher))
                  .set("student", or_null(sample.student))
                  .set("gap", or_null(sample.gap))
                  .set("verdicts", std::move(verdicts)));
  }
  return Json::object()
      .set("rows", std::move(rows))
      .set("of", evidence.samples_from)
      .set("round", or_null(evidence.samples_round));
}

}  // namespace retort
