// Reads the figures of a run from its stages, metrics and call totals; no pass over rows.
#include "serve/run_view.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/toml.h"
#include "chat/price.h"
#include "serve/run_evidence.h"
#include "serve/stage_name.h"
#include "store/lock.h"

namespace retort {
namespace {

using Metrics = std::map<std::string, double>;

std::optional<double> metric(const Metrics& metrics, const std::string& name) {
  auto found = metrics.find(name);
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

std::optional<int64_t> count_metric(const Metrics& metrics, const std::string& name) {
  std::optional<double> value = metric(metrics, name);
  return value ? std::optional<int64_t>(std::llround(*value)) : std::nullopt;
}

std::optional<double> number_at(const Json& json, std::string_view name) {
  const Json* value = json.find(name);
  return value != nullptr && value->is_number() ? std::optional(value->number_or(0)) : std::nullopt;
}

std::string text_at(const Json& json, std::string_view path) {
  return std::string(json.at_path(path).string_or(""));
}

// {"step": [10, 20], "loss": [1.5, 1.2], ...}: one entry a stretch in each.
std::vector<TrainPoint> read_curve(const Json& curve) {
  std::vector<TrainPoint> points;
  auto value = [&](const char* name, size_t i) {
    const Json::Array& values = curve.at_path(name).items();
    return i < values.size() ? values[i].number_or(0) : 0.0;
  };
  for (const Json& step : curve.at_path("step").items()) {
    const size_t i = points.size();
    points.push_back(
        {step.integer_or(0), value("loss", i), value("norm", i), value("rate", i), value("speed", i)});
  }
  return points;
}

Training read_training(const Json& note) {
  Training training;
  training.steps = note.at_path("steps").integer_or(0);
  training.tokens = note.at_path("tokens").integer_or(0);
  training.first_loss = number_at(note, "first_loss");
  training.last_loss = number_at(note, "last_loss");
  training.seconds = number_at(note, "seconds");
  training.padding_share = number_at(note, "padding_share");
  training.curve = read_curve(note.at_path("curve"));
  return training;
}

void read_evaluation(const Metrics& metrics, const std::vector<std::string>& hard_kinds, RoundView& round) {
  round.exact_all = metric(metrics, "exact_all");
  round.exact_hard = metric(metrics, "exact_hard");
  round.exact_pool = metric(metrics, "exact_pool");
  round.heldout_loss = metric(metrics, "heldout_loss");
  round.length_student = metric(metrics, "length_student");
  round.n = count_metric(metrics, "n");
  constexpr std::string_view kPrefix = "kind/";
  for (auto at = metrics.lower_bound(std::string(kPrefix)); at != metrics.end(); ++at) {
    if (!at->first.starts_with(kPrefix)) break;
    std::string kind = at->first.substr(kPrefix.size());
    round.kinds[kind] = {at->second, count_metric(metrics, "kind_n/" + kind)};
  }
  int64_t n_hard = 0;
  for (const std::string& kind : hard_kinds)
    if (auto found = round.kinds.find(kind); found != round.kinds.end())
      n_hard += found->second.n.value_or(0);
  if (n_hard > 0) round.n_hard = n_hard;
}

void read_judging(const Metrics& metrics, RoundView& round) {
  round.win_rate = metric(metrics, "win_rate");
  round.tie_rate = metric(metrics, "tie_rate");
  round.loss_rate = metric(metrics, "loss_rate");
  round.threshold = metric(metrics, "threshold");
  round.order_disagreement = metric(metrics, "order_disagreement");
  round.hard = count_metric(metrics, "hard");
  round.easy = count_metric(metrics, "easy");
  round.unjudged = count_metric(metrics, "unjudged");
  // Shares of no judged pair at all are no shares.
  if (round.hard.value_or(0) + round.easy.value_or(0) > 0) return;
  round.win_rate = round.tie_rate = round.loss_rate = round.order_disagreement = std::nullopt;
}

RoundView& round_of(ArmView& arm, int round) {
  for (RoundView& r : arm.rounds)
    if (r.round == round) return r;
  arm.rounds.push_back(RoundView{.round = round});
  return arm.rounds.back();
}

// An arm's rounds from the stages under its prefix, in order; `answers` are each round's own here.
void read_rounds(RunStore& store, const std::vector<StageRecord>& stages, const std::string& prefix,
                 const std::vector<std::string>& hard_kinds, ArmView& arm) {
  std::map<int, int64_t> written;  // by round; a round writes before it teaches
  for (const StageRecord& stage : stages) {
    std::optional<StageName> name = parse_stage_name(stage.name);
    if (!name || name->prefix != prefix) continue;
    RoundView& round = round_of(arm, name->round);
    if (!stage.finished) continue;
    if (name->verb == "evaluate") read_evaluation(store.metrics(stage.name), hard_kinds, round);
    if (name->verb == "judge") read_judging(store.metrics(stage.name), round);
    // A round's pool replays old instructions, which were answered before: only what was written is new.
    if (name->verb == "teach")
      round.answers = (name->round == 0 ? stage.counts.ok : written[name->round] - stage.counts.failed);
    if (name->verb == "probe" || name->verb == "write") written[name->round] += stage.counts.ok;
    if (name->verb == "imitate") round.training = read_training(stage.note);
  }
  std::sort(arm.rounds.begin(), arm.rounds.end(),
            [](const RoundView& a, const RoundView& b) { return a.round < b.round; });
}

void add_up_answers(ArmView& arm) {
  int64_t total = 0;
  for (RoundView& round : arm.rounds)
    if (round.answers) round.answers = total += *round.answers;
}

// The frozen run file, or null where it cannot be read: a view shows what there is.
Json frozen_config(const Path& folder) {
  Result<std::string> text = read_file(folder / "run.toml", size_t{16} << 20);
  if (!text) return Json();
  Result<Json> json = parse_toml(*text, "run.toml");
  return json ? *json : Json();
}

// What the run says of itself: the note of its "run" stage once that is finished, the run file before.
struct Identity {
  std::string recipe, control, teacher_model, which;
  bool practice_teacher = false;
  std::optional<int> rounds;
  std::optional<double> seconds;
  std::optional<int> exported;  // the round whose student lies in the folder's export
};
Identity read_identity(const Path& folder, const std::vector<StageRecord>& stages) {
  Json config = frozen_config(folder);
  Identity who{text_at(config, "recipe/name"), text_at(config, "recipe/control"),
               text_at(config, "teacher/model"), text_at(config, "export/which")};
  who.practice_teacher = text_at(config, "teacher/base_url") == "practice" ||
                         who.teacher_model.find("practice-teacher") != std::string::npos;
  if (const Json& rounds = config.at_path("recipe/rounds"); rounds.is_integer())
    who.rounds = static_cast<int>(rounds.integer_or(0));
  for (const StageRecord& stage : stages) {
    if (stage.name == "export" && stage.finished)
      who.exported = static_cast<int>(stage.note.at_path("round").integer_or(0));
    if (stage.name != "run") continue;
    who.practice_teacher |= stage.note.at_path("practice_teacher").bool_or(false);
    if (std::string v = text_at(stage.note, "recipe"); !v.empty()) who.recipe = v;
    if (std::string v = text_at(stage.note, "control"); !v.empty()) who.control = v;
    if (std::string v = text_at(stage.note, "teacher_model"); !v.empty()) who.teacher_model = v;
    who.seconds = number_at(stage.note, "seconds");
  }
  return who;
}

std::optional<MoneyView> read_money(RunStore& store, const std::map<std::string, CallTotals>& calls,
                                    const Path& folder) {
  const Json config = frozen_config(folder);
  MoneyView money{.currency = text_at(config, "budget/currency")};
  for (const auto& [role, totals] : calls) {
    money.spent += totals.cost;
    money.unknown += totals.unknown_cost;
    money.reserved += totals.reserved;
  }
  if (double cap = config.at_path("budget/money").number_or(0); cap > 0) money.cap = to_billionths(cap);
  if (!money.cap && money.spent + money.unknown + money.reserved == 0) return std::nullopt;
  if (int64_t examples = store.teacher_answer_count(); examples > 0)
    money.per_example = money.spent / examples;
  return money;
}

// What was exported; before that, what would be.
std::optional<ChosenRound> choose_round(const ArmView& arm, const Identity& who) {
  std::optional<ChosenRound> last, best;
  double lowest = 0;
  for (const RoundView& round : arm.rounds) {
    if (round.training) last = ChosenRound{round.round, "the last round"};
    if (!round.heldout_loss || (best && *round.heldout_loss >= lowest)) continue;
    lowest = *round.heldout_loss;
    best = ChosenRound{round.round, "the lowest held-out loss"};
  }
  std::optional<ChosenRound> chosen = who.which != "last" && best ? best : last;
  if (chosen && who.exported) chosen->round = *who.exported;
  return chosen;
}

void read_arms(RunStore& store, const std::vector<StageRecord>& stages, const Identity& who, RunView& view) {
  for (const auto& [name, value] : store.metrics("evaluate_0")) {
    constexpr std::string_view kPrefix = "hard_kind/";
    if (name.starts_with(kPrefix) && value > 0) view.hard_kinds.push_back(name.substr(kPrefix.size()));
  }
  view.main.recipe = who.recipe;
  read_rounds(store, stages, "", view.hard_kinds, view.main);
  bool has_control = !who.control.empty();
  for (const StageRecord& stage : stages) has_control |= stage.name.starts_with("control/");
  if (has_control) {
    view.control = ArmView{who.control, {}};
    for (const RoundView& round : view.main.rounds)
      if (round.round == 0) view.control->rounds.push_back(round);
    read_rounds(store, stages, "control/", view.hard_kinds, *view.control);
    add_up_answers(*view.control);
  }
  add_up_answers(view.main);
}

}  // namespace

std::string money_line(const MoneyView& money) {
  auto text = [&](int64_t billionths) { return money_text(billionths, money.currency); };
  std::string line = text(money.spent);
  if (money.cap) line += " of " + text(*money.cap);
  line += " spent";
  if (money.reserved > 0) line += format(", at most {} more on its way", text(money.reserved));
  if (money.unknown > 0) line += format(", at most {} of unknown outcome", text(money.unknown));
  if (money.per_example) line += format("; {} an example", text(*money.per_example));
  return line;
}

std::string_view run_state_name(RunState state) {
  switch (state) {
    case RunState::Running:
      return "running";
    case RunState::Finished:
      return "finished";
    case RunState::Stopped:
      return "stopped";
  }
  RETORT_CHECK(false, "state {}", static_cast<int>(state));
}

std::optional<StageName> parse_stage_name(std::string_view name) {
  StageName out;
  size_t slash = name.rfind('/'), underscore = name.rfind('_');
  if (slash != std::string_view::npos) out.prefix = name.substr(0, slash + 1);
  name.remove_prefix(out.prefix.size());
  if (underscore == std::string_view::npos || underscore < out.prefix.size()) return std::nullopt;
  underscore -= out.prefix.size();
  out.verb = name.substr(0, underscore);
  std::string_view digits = name.substr(underscore + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.round);
  if (error != std::errc() || end != digits.data() + digits.size() || out.round < 0) return std::nullopt;
  return out;
}

std::optional<Estimate> exact_all(const RoundView& round) {
  if (!round.exact_all || !round.n) return std::nullopt;
  return wilson_interval_of_share(*round.exact_all, *round.n);
}

std::optional<Estimate> exact_hard(const RoundView& round) {
  if (!round.exact_hard || !round.n_hard) return std::nullopt;
  return wilson_interval_of_share(*round.exact_hard, *round.n_hard);
}

std::optional<Estimate> preferred(const RoundView& round) {
  if (!round.win_rate || !round.hard || !round.easy) return std::nullopt;
  return wilson_interval_of_share(*round.win_rate, *round.hard + *round.easy);
}

// The time in which any stage was at work: the student's answers and the referee's verdicts overlap.
double seconds_at_work(const std::vector<StageRecord>& stages) {
  std::vector<std::pair<int64_t, int64_t>> spans_ms;
  for (const StageRecord& stage : stages)
    if (stage.name != "run" && stage.finished) spans_ms.emplace_back(stage.started_ms, stage.finished_ms);
  std::ranges::sort(spans_ms);
  int64_t sum_ms = 0, until_ms = 0;
  for (const auto& [begin_ms, end_ms] : spans_ms) {
    sum_ms += std::max<int64_t>(0, end_ms - std::max(begin_ms, until_ms));
    until_ms = std::max(until_ms, end_ms);
  }
  return static_cast<double>(sum_ms) / 1'000;
}

Result<RunView> read_run(const Path& folder, Detail detail) {
  std::unique_ptr<RunStore> store = RETORT_TRY(RunStore::open(folder, StoreMode::Read));
  std::vector<StageRecord> stages = store->stages();
  Identity who = read_identity(folder, stages);
  RunView view{.folder = folder, .recipe = who.recipe, .teacher_model = who.teacher_model};
  view.practice_teacher = who.practice_teacher;
  view.rounds_planned = who.rounds;
  view.calls = store->call_totals();
  view.money = read_money(*store, view.calls, folder);
  bool finished = false;
  for (const StageRecord& stage : stages) {
    StageView row{
        stage.name, stage.finished, stage.counts, stage.started_ms, 0, store->drop_counts(stage.name)};
    if (stage.finished) row.seconds = static_cast<double>(stage.finished_ms - stage.started_ms) / 1000;
    finished |= stage.name == "run" && stage.finished;
    view.stages.push_back(std::move(row));
  }
  view.seconds = who.seconds.value_or(seconds_at_work(stages));
  view.state = finished ? RunState::Finished : run_is_locked(folder) ? RunState::Running : RunState::Stopped;
  if (view.state == RunState::Stopped)
    store->for_each_call(CallState::Sent, [&](const CallRecord& call) {
      view.unknown_calls.push_back({call.role, call.key});
    });
  read_arms(*store, stages, who, view);
  view.chosen = choose_round(view.main, who);
  if (detail == Detail::Evidence) view.evidence = read_evidence(*store, stages, view);
  return view;
}

}  // namespace retort
