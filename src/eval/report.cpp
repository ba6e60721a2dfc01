// Summing up, and JSON there and back.
#include "eval/report.h"

#include <cmath>

#include "base/format.h"
#include "eval/relative_score.h"

namespace retort {
namespace {

constexpr std::pair<Measure, std::string_view> kMeasures[] = {
    {Measure::Share, "share"}, {Measure::Mean, "mean"}, {Measure::Relative, "relative"}};
constexpr std::pair<Reading, std::string_view> kReadings[] = {
    {Reading::Parsed, "parsed"}, {Reading::Unparsed, "unparsed"}, {Reading::Failed, "failed"}};

template <class T, size_t N>
std::string_view name_of(const std::pair<T, std::string_view> (&names)[N], T value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return "";
}
template <class T, size_t N>
std::optional<T> value_of(const std::pair<T, std::string_view> (&names)[N], std::string_view wanted) {
  for (const auto& [value, name] : names)
    if (name == wanted) return value;
  return std::nullopt;
}

using Items = std::vector<const EvalItem*>;

std::optional<Estimate> percent(std::optional<Estimate> share) {
  if (share) share = Estimate{100 * share->value, 100 * share->low, 100 * share->high};
  return share;
}

std::optional<Estimate> estimate_of(Measure measure, const Items& items) {
  if (measure == Measure::Relative) {
    std::vector<ScoredPair> pairs;
    for (const EvalItem* item : items) pairs.push_back({item->against, item->value});
    return relative_score(pairs).relative;
  }
  std::vector<double> values;
  int64_t hits = 0;
  for (const EvalItem* item : items) {
    values.push_back(item->value);
    hits += item->value > 0.5 ? 1 : 0;
  }
  if (measure == Measure::Share) return percent(wilson_interval(hits, static_cast<int64_t>(values.size())));
  // One value has no interval, but is known.
  if (values.size() == 1) return Estimate{values[0], values[0], values[0]};
  return mean_interval(values);
}

// The mean of the tasks' estimates; its variance is the sum of theirs (of shares after Agresti and Coull, so
// that a task without a hit is no point), divided by the square of their number.
std::optional<Estimate> mean_of_tasks(Measure measure, const std::map<std::string, Items>& tasks) {
  constexpr double kZ = 1.959963984540054;
  if (tasks.size() < 2 || measure == Measure::Relative) return std::nullopt;
  double sum = 0, variance = 0;
  for (const auto& [name, items] : tasks) {
    const double n = static_cast<double>(items.size());
    double mean = 0, squares = 0;
    for (const EvalItem* item : items) mean += item->value / n;
    for (const EvalItem* item : items) squares += (item->value - mean) * (item->value - mean);
    sum += mean;
    const double share = (mean * n + 2) / (n + 4);
    if (measure == Measure::Share)
      variance += share * (1 - share) / (n + 4);
    else if (n > 1)
      variance += squares / (n - 1) / n;
    else
      return std::nullopt;
  }
  const double count = static_cast<double>(tasks.size()), half = kZ * std::sqrt(variance) / count;
  const double mean = sum / count;
  if (measure == Measure::Mean) return Estimate{mean, mean - half, mean + half};
  return Estimate{100 * mean, std::max(0.0, 100 * (mean - half)), std::min(100.0, 100 * (mean + half))};
}

Json estimate_json(const std::optional<Estimate>& estimate) {
  if (!estimate) return {};
  return Json::object().set("value", estimate->value).set("low", estimate->low).set("high", estimate->high);
}

Json figure_json(const Figure& figure) {
  const Summary summary = summarise(figure);
  Json json = Json::object();
  json.set("name", figure.name).set("measure", name_of(kMeasures, figure.measure)).set("n", summary.n);
  json.set("unparsed", summary.unparsed).set("failed", summary.failed);
  json.set("estimate", estimate_json(summary.estimate)).set("task_mean", estimate_json(summary.task_mean));
  Json counts = Json::object(), tasks = Json::object(), items = Json::array();
  for (const auto& [name, count] : figure.counts) counts.set(name, count);
  for (const auto& [name, task] : summary.tasks)
    tasks.set(name, Json::object().set("n", task.first).set("estimate", estimate_json(task.second)));
  for (const EvalItem& item : figure.items) {
    Json row = Json::object().set("id", item.id).set("task", item.task).set("value", item.value);
    if (figure.measure == Measure::Relative) row.set("against", item.against);
    if (item.reading != Reading::Parsed) row.set("reading", name_of(kReadings, item.reading));
    items.push(std::move(row));
  }
  json.set("counts", std::move(counts)).set("tasks", std::move(tasks)).set("items", std::move(items));
  return json;
}

Result<Figure> parse_figure(const Json& json) {
  Figure figure{.name = std::string(json.at_path("name").string_or(""))};
  const auto measure = value_of(kMeasures, json.at_path("measure").string_or(""));
  if (!measure) return Error{ErrorCode::Malformed, "a figure without a measure"};
  figure.measure = *measure;
  for (const auto& [name, count] : json.at_path("counts").members())
    figure.counts[name] = count.integer_or(0);
  for (const Json& row : json.at_path("items").items()) {
    const auto reading = value_of(kReadings, row.at_path("reading").string_or("parsed"));
    if (!reading) return Error{ErrorCode::Malformed, "an item with an unknown reading"};
    figure.items.push_back({.id = std::string(row.at_path("id").string_or("")),
                            .task = std::string(row.at_path("task").string_or("")),
                            .value = row.at_path("value").number_or(0),
                            .against = row.at_path("against").number_or(0),
                            .reading = *reading});
  }
  return figure;
}

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

std::optional<double> optional_number(const Json& json) {
  return json.is_number() ? std::optional(json.number_or(0)) : std::nullopt;
}

Json length_controlled_json(const LengthControlled& fit) {
  Json weights = Json::array();
  for (double w : fit.weights) weights.push(w);
  Json json = Json::object();
  json.set("win_rate", fit.win_rate).set("standard_error", fit.standard_error);
  json.set("raw_win_rate", fit.raw_win_rate).set("raw_standard_error", fit.raw_standard_error);
  json.set("weights", std::move(weights)).set("c", fit.c).set("form", fit.form);
  return json.set("suspicious", fit.suspicious);
}

std::optional<LengthControlled> parse_length_controlled(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  LengthControlled fit{.win_rate = json.at_path("win_rate").number_or(0),
                       .standard_error = json.at_path("standard_error").number_or(0),
                       .raw_win_rate = json.at_path("raw_win_rate").number_or(0),
                       .raw_standard_error = json.at_path("raw_standard_error").number_or(0),
                       .c = json.at_path("c").number_or(0),
                       .form = std::string(json.at_path("form").string_or(""))};
  const auto& weights = json.at_path("weights").items();
  for (size_t i = 0; i < std::min(weights.size(), fit.weights.size()); ++i)
    fit.weights[i] = weights[i].number_or(0);
  fit.suspicious = json.at_path("suspicious").bool_or(false);
  return fit;
}

std::optional<Estimate> parse_estimate(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  return Estimate{json.at_path("value").number_or(0), json.at_path("low").number_or(0),
                  json.at_path("high").number_or(0)};
}

}  // namespace

std::string_view measure_name(Measure measure) { return name_of(kMeasures, measure); }

Summary summarise(const Figure& figure) {
  Summary summary;
  Items all;
  std::map<std::string, Items> tasks;
  for (const EvalItem& item : figure.items) {
    summary.unparsed += item.reading == Reading::Unparsed ? 1 : 0;
    summary.failed += item.reading == Reading::Failed ? 1 : 0;
    if (figure.measure != Measure::Share && item.reading != Reading::Parsed) continue;
    all.push_back(&item);
    tasks[item.task].push_back(&item);
  }
  summary.n = static_cast<int64_t>(all.size());
  if (!all.empty()) summary.estimate = estimate_of(figure.measure, all);
  summary.task_mean = mean_of_tasks(figure.measure, tasks);
  if (tasks.size() > 1)
    for (const auto& [name, items] : tasks)
      summary.tasks[name] = {static_cast<int64_t>(items.size()), estimate_of(figure.measure, items)};
  return summary;
}

Json report_json(const EvalReport& report) {
  Json json = Json::object().set("format", "retort-eval 1").set("suite", report.suite);
  json.set("model", report.model).set("identity", report.identity);
  json.set("judge", report.judge).set("reference", report.reference);
  json.set("questions", report.questions).set("answers", report.answers);
  json.set("cut", report.cut).set("failed", report.failed).set("mean_characters", report.mean_characters);
  json.set("reference_characters", optional_json(report.reference_characters));
  json.set("chance", optional_json(report.chance)).set("majority", optional_json(report.majority));
  json.set("judged_orders", report.judged_orders);
  json.set("order_disagreement", estimate_json(report.order_disagreement));
  Json figures = Json::array(), remarks = Json::array();
  for (const Figure& figure : report.figures) figures.push(figure_json(figure));
  for (const std::string& remark : report.remarks) remarks.push(remark);
  json.set("figures", std::move(figures));
  json.set("length_controlled",
           report.length_controlled ? length_controlled_json(*report.length_controlled) : Json());
  return json.set("remarks", std::move(remarks)).set("contamination", report.contamination);
}

Result<EvalReport> parse_report(const Json& json) {
  if (json.at_path("format").string_or("") != "retort-eval 1")
    return Error{ErrorCode::Malformed,
                 "no result of `retort eval` (its \"format\" is not \"retort-eval 1\")"};
  EvalReport report{.suite = std::string(json.at_path("suite").string_or("")),
                    .model = std::string(json.at_path("model").string_or("")),
                    .identity = std::string(json.at_path("identity").string_or("")),
                    .judge = std::string(json.at_path("judge").string_or("")),
                    .reference = std::string(json.at_path("reference").string_or(""))};
  report.questions = json.at_path("questions").integer_or(0);
  report.answers = json.at_path("answers").integer_or(0);
  report.cut = json.at_path("cut").integer_or(0);
  report.failed = json.at_path("failed").integer_or(0);
  report.mean_characters = json.at_path("mean_characters").number_or(0);
  report.reference_characters = optional_number(json.at_path("reference_characters"));
  report.judged_orders = json.at_path("judged_orders").integer_or(0);
  report.chance = optional_number(json.at_path("chance"));
  report.majority = optional_number(json.at_path("majority"));
  for (const Json& figure : json.at_path("figures").items())
    report.figures.push_back(RETORT_TRY(parse_figure(figure)));
  for (const Json& remark : json.at_path("remarks").items())
    report.remarks.emplace_back(remark.string_or(""));
  report.order_disagreement = parse_estimate(json.at_path("order_disagreement"));
  report.length_controlled = parse_length_controlled(json.at_path("length_controlled"));
  report.contamination = json.at_path("contamination");
  return report;
}

}  // namespace retort
