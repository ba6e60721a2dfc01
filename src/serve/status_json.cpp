// `retort status --json`: shares are numbers from 0 to 1, what does not exist is null.
#include "serve/json_values.h"
#include "serve/run_view.h"

namespace retort {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json rounds_json(const ArmView& arm) {
  Json rounds = Json::array();
  for (const RoundView& round : arm.rounds) {
    Json row = Json::object();
    row.set("round", round.round)
        .set("exact_all", or_null(round.exact_all))
        .set("exact_hard", or_null(round.exact_hard))
        .set("exact_pool", or_null(round.exact_pool))
        .set("win_rate", or_null(round.win_rate))
        .set("heldout_loss", or_null(round.heldout_loss))
        .set("hard", or_null(round.hard))
        .set("easy", or_null(round.easy))
        .set("unjudged", or_null(round.unjudged))
        .set("answers", or_null(round.answers));
    rounds.push(std::move(row));
  }
  return rounds;
}

Json money_json(const std::optional<MoneyView>& money) {
  if (!money) return Json();
  auto amount = [](int64_t billionths) { return Json(static_cast<double>(billionths) / 1e9); };
  return Json::object()
      .set("currency", text_or_null(money->currency))
      .set("spent", amount(money->spent))
      .set("unknown", amount(money->unknown))
      .set("reserved", amount(money->reserved))
      .set("cap", money->cap ? amount(*money->cap) : Json())
      .set("per_example", money->per_example ? amount(*money->per_example) : Json());
}

Json control_json(const std::optional<ArmView>& control) {
  if (!control) return Json();
  return Json::object().set("recipe", text_or_null(control->recipe)).set("rounds", rounds_json(*control));
}

}  // namespace

Json status_json(const RunView& view) {
  Json calls = Json::object(), rows = Json::object(), hard = Json::array(), unknown = Json::array(), best;
  for (const UnknownCall& call : view.unknown_calls)
    unknown.push(Json::object().set("role", call.role).set("key", call.key));
  for (const std::string& kind : view.hard_kinds) hard.push(kind);
  for (const auto& [role, totals] : view.calls)
    calls.set(role, Json::object()
                        .set("done", totals.done)
                        .set("failed", totals.failed)
                        .set("unknown", totals.unknown)
                        .set("cost", static_cast<double>(totals.cost) / 1e9)
                        .set("tokens_in", totals.tokens_in)
                        .set("tokens_out", totals.tokens_out));
  // A stage has counts once it is finished.
  for (const StageView& stage : view.stages)
    if (stage.finished)
      rows.set(stage.name, Json::object()
                               .set("in", stage.counts.in)
                               .set("ok", stage.counts.ok)
                               .set("dropped", stage.counts.dropped)
                               .set("failed", stage.counts.failed));
  if (view.chosen) best = Json::object().set("round", view.chosen->round).set("why", view.chosen->why);
  return Json::object()
      .set("state", run_state_name(view.state))
      .set("seconds", view.seconds)
      .set("recipe", text_or_null(view.recipe))
      .set("rounds", rounds_json(view.main))
      .set("control", control_json(view.control))
      .set("hard_kinds", std::move(hard))
      .set("best", std::move(best))
      .set("calls", std::move(calls))
      .set("unknown_calls", std::move(unknown))
      .set("money", money_json(view.money))
      .set("rows", std::move(rows));
}

}  // namespace retort
