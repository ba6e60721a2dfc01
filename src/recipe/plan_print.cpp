// A plan as a table and as JSON.
#include <cmath>

#include "chat/price.h"
#include "recipe/plan.h"

namespace retort {
namespace {

int64_t batch_cost(const PlanRow& row) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(row.cost) * kBatchShare));
}

std::string time_text(double seconds) {
  if (seconds < 90) return format("{:.0f} s", seconds);
  if (seconds < 5'400) return format("{:.0f} min", seconds / 60);
  return format("{:.1f} h", seconds / 3'600);
}

std::string line(const PlanRow& row, const std::string& currency) {
  return format("{:<10} {:<22} {:>10.0f} {:>13.0f} {:>12.0f} {:>14} {:>14} {:>8}\n", row.role, row.stage,
                row.calls, row.tokens_in, row.tokens_out, money_text(row.cost, currency),
                money_text(batch_cost(row), currency), time_text(row.seconds));
}

Json row_json(const PlanRow& row) {
  Json json = Json::object();
  json.set("role", row.role).set("stage", row.stage).set("calls", std::llround(row.calls));
  json.set("tokens_in", std::llround(row.tokens_in)).set("tokens_out", std::llround(row.tokens_out));
  json.set("cost", static_cast<double>(row.cost) / 1e9);
  json.set("cost_batch", static_cast<double>(batch_cost(row)) / 1e9).set("seconds", row.seconds);
  return json;
}

}  // namespace

std::string plan_text(const RunFile& file, const Plan& plan) {
  const std::string& currency = file.budget.currency;
  std::string text = format("{:<10} {:<22} {:>10} {:>13} {:>12} {:>14} {:>14} {:>8}\n", "role", "stage",
                            "calls", "tokens in", "tokens out", "online", "as a batch", "time");
  for (const PlanRow& row : plan.rows) text += line(row, currency);
  const PlanRow total = plan.total();
  text += line(total, currency);
  text += "from " + plan.source + "\n";
  text += "time is the endpoints' alone: training and the student's answers come on top\n";
  if (total.cost == 0) text += "no prices are set, so nothing costs anything: price_in and price_out\n";
  const int64_t cap = to_billionths(file.budget.money);
  if (cap > 0)
    text += format("the budget is {}: {}\n", money_text(cap, currency),
                   total.cost <= cap ? "enough, if this holds" : "too little; the run would stop there");
  return text;
}

Json plan_json(const RunFile& file, const Plan& plan) {
  Json rows = Json::array();
  for (const PlanRow& row : plan.rows) rows.push(row_json(row));
  return Json::object()
      .set("currency", file.budget.currency)
      .set("source", plan.source)
      .set("rows", std::move(rows))
      .set("total", row_json(plan.total()));
}

}  // namespace retort
