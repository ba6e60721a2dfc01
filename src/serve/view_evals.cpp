#include "serve/view_evals.h"

#include <algorithm>

#include "base/log.h"
#include "serve/json_values.h"

namespace retort {
namespace {

Json figure_json(const Figure& figure) {
  const Summary summary = summarise(figure);
  Json tasks = Json::array(), counts = Json::object();
  for (const auto& [name, task] : summary.tasks)
    tasks.push(
        Json::object().set("name", name).set("n", task.first).set("estimate", estimate_array(task.second)));
  for (const auto& [name, count] : figure.counts) counts.set(name, count);
  return Json::object()
      .set("name", figure.name)
      .set("measure", measure_name(figure.measure))
      .set("n", summary.n)
      .set("unparsed", summary.unparsed)
      .set("failed", summary.failed)
      .set("estimate", estimate_array(summary.estimate))
      .set("task_mean", estimate_array(summary.task_mean))
      .set("counts", std::move(counts))
      .set("tasks", std::move(tasks));
}

Json eval_json(const EvalReport& report) {
  Json figures = Json::array(), remarks = Json::array();
  for (const Figure& figure : report.figures) figures.push(figure_json(figure));
  for (const std::string& remark : report.remarks) remarks.push(remark);
  const auto& controlled = report.length_controlled;
  return Json::object()
      .set("suite", report.suite)
      .set("model", report.model)
      .set("judge", report.judge)
      .set("reference", report.reference)
      .set("questions", report.questions)
      .set("cut", report.cut)
      .set("failed", report.failed)
      .set("length", report.mean_characters)
      .set("reference_length", or_null(report.reference_characters))
      .set("chance", or_null(report.chance))
      .set("majority", or_null(report.majority))
      .set("order_disagreement", estimate_array(report.order_disagreement))
      .set("length_controlled",
           controlled ? Json::array().push(controlled->win_rate).push(controlled->standard_error) : Json())
      .set("figures", std::move(figures))
      .set("remarks", std::move(remarks));
}

}  // namespace

std::vector<EvalReport> read_evals(const Path& run_folder) {
  std::vector<Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run_folder / "evals" / "results", error))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<EvalReport> reports;
  for (const Path& file : files) {
    const Result<Json> json = read_json_file(file.string());
    Result<EvalReport> report = json ? parse_report(*json) : Result<EvalReport>(json.error());
    if (report)
      reports.push_back(*std::move(report));
    else
      log_warning("{}: {}; it is left out", file.string(), report.error().message);
  }
  return reports;
}

Json evals_json(const std::vector<EvalReport>& reports) {
  Json json = Json::array();
  for (const EvalReport& report : reports) json.push(eval_json(report));
  return json;
}

}  // namespace retort
