// The table of a report, and of a comparison.
#include "base/format.h"
#include "base/utf8.h"
#include "eval/report.h"

namespace retort {
namespace {

constexpr size_t kTasksShown = 30;

std::string interval_text(const std::optional<Estimate>& estimate, Measure measure) {
  if (!estimate) return "nothing to measure";
  const int digits = measure == Measure::Mean ? 2 : 1;
  return format("{:6.{}f}  [{:.{}f}, {:.{}f}]", estimate->value, digits, estimate->low, digits,
                estimate->high, digits);
}

std::string rate_text(int64_t part, int64_t whole) {
  return format("{} ({:.1f} %)", part,
                whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string_view unit_of(Measure measure) {
  if (measure == Measure::Share) return "% right";
  return measure == Measure::Relative ? "% of the reference" : "";
}

std::string figure_text(const Figure& figure) {
  const Summary summary = summarise(figure);
  const auto items = static_cast<int64_t>(figure.items.size());
  std::string text = format("  {:<26} {} {:<18} n {}, unparsed {}", figure.name,
                            interval_text(summary.estimate, figure.measure), unit_of(figure.measure),
                            summary.n, rate_text(summary.unparsed, items));
  if (summary.failed > 0) text += format(", failed {}", rate_text(summary.failed, items));
  for (const auto& [name, count] : figure.counts) text += format(", {} {}", name, count);
  text += '\n';
  if (summary.task_mean)
    text += format("  {:<26} {}\n", "  mean of the tasks", interval_text(summary.task_mean, figure.measure));
  if (summary.tasks.size() > kTasksShown)
    text += format("    {} tasks: figures of each are in the JSON\n", summary.tasks.size());
  else
    for (const auto& [name, task] : summary.tasks)
      text += format("    {:<40} {}  n {}\n", terminal_safe(name, 40),
                     interval_text(task.second, figure.measure), task.first);
  return text;
}

std::string order_text(const EvalReport& report) {
  if (report.judged_orders == 0) return "\n";
  if (report.judged_orders == 1)
    return "; one order a question, by a coin: its disagreement with itself is not measured\n";
  if (!report.order_disagreement) return "; no pair was judged in both orders\n";
  return format("; swapped, it decides otherwise in {} %\n",
                interval_text(report.order_disagreement, Measure::Share));
}

std::string length_controlled_text(const LengthControlled& fit) {
  std::string text = format(
      "  length-controlled ({}): {:.2f} %, standard error {:.2f}; raw {:.2f} %, standard error {:.2f}\n",
      fit.form, fit.win_rate, fit.standard_error, fit.raw_win_rate, fit.raw_standard_error);
  if (fit.form == "minimal")
    text +=
        "  minimal: length and constant alone, no difficulty, no gamed baselines; not AlpacaEval's own "
        "figure\n";
  if (fit.suspicious)
    text += "  the control moves the rate by much: look at the answers before you trust it\n";
  return text;
}

std::string contamination_text(const Json& json) {
  if (json.is_null()) return "  contamination: no training rows were named (--train)\n";
  return format(
      "  contamination: {} training rows; {} are a question, {} share 13 words with one; questions hit: {} "
      "exactly, {} by 13 words\n",
      json.at_path("rows").integer_or(0), json.at_path("exact_rows").integer_or(0),
      json.at_path("overlap_rows").integer_or(0), json.at_path("exact_questions").size(),
      json.at_path("overlap_questions").size());
}

}  // namespace

std::string report_text(const EvalReport& report) {
  std::string text =
      format("{} · {}: {} questions\n", report.suite, terminal_safe(report.model, 100), report.questions);
  text += format("  answers: {:.0f} characters on average", report.mean_characters);
  if (report.reference_characters) text += format(" (the reference's {:.0f})", *report.reference_characters);
  text += format(", cut at their limit {}, failed {}\n", rate_text(report.cut, report.answers),
                 rate_text(report.failed, report.answers));
  if (report.chance)
    text += format("  chance {:.1f} %, always the most frequent {:.1f} % (means of the tasks)\n",
                   *report.chance, report.majority.value_or(0));
  if (!report.judge.empty()) {
    text += format("  judge: {}", terminal_safe(report.judge, 100));
    if (!report.reference.empty()) text += format("; reference: {}", terminal_safe(report.reference, 100));
    text += order_text(report);
  }
  for (const Figure& figure : report.figures) text += figure_text(figure);
  if (report.length_controlled) text += length_controlled_text(*report.length_controlled);
  text += contamination_text(report.contamination);
  for (const std::string& remark : report.remarks) text += format("  note: {}\n", remark);
  return text;
}

std::string compared_text(const EvalReport& a, const EvalReport& b, const std::vector<Compared>& compared) {
  std::string text =
      format("{}: A is {}, B is {}\n", a.suite, terminal_safe(a.model, 100), terminal_safe(b.model, 100));
  for (const Compared& one : compared) {
    text += format("  {:<26} A - B ", one.figure);
    text += one.difference ? format("{:+.2f}  [{:+.2f}, {:+.2f}]", one.difference->value, one.difference->low,
                                    one.difference->high)
                           : std::string("nothing to compare");
    text += format("  n {}, A better {}, equal {}, worse {}", one.n, one.better, one.equal, one.worse);
    if (one.only_one > 0) text += format("; {} items only one of them has", one.only_one);
    text += '\n';
  }
  return text;
}

}  // namespace retort
