// `retort eval compare A B`: paired differences of two models on the questions that both were asked; and
// `retort eval annotations`: the length-controlled rate of a model that AlpacaEval's authors have judged.
#include <cstdio>

#include "cli/command.h"
#include "eval/alpaca_files.h"
#include "eval/report.h"

namespace retort {
namespace {

EvalReport load_report(const std::string& file) {
  Result<EvalReport> report = parse_report(or_throw(read_json_file(file)));
  if (!report) throw RunError(report.error().code, format("{}: {}", file, report.error().message));
  return *std::move(report);
}

Json annotations_json(const LengthControlled& fit) {
  return Json::object()
      .set("win_rate", fit.win_rate)
      .set("standard_error", fit.standard_error)
      .set("raw_win_rate", fit.raw_win_rate)
      .set("raw_standard_error", fit.raw_standard_error)
      .set("form", fit.form)
      .set("suspicious", fit.suspicious);
}

int annotations(const std::string& file, const std::string& gamed, bool json) {
  const AlpacaFiles files = gamed.empty() ? AlpacaFiles() : or_throw(read_alpaca_files(gamed));
  const auto fit = length_controlled(or_throw(read_annotations(file, files)), files.gamed);
  if (!fit) throw RunError(ErrorCode::Malformed, format("{} has fewer than 10 judgements", file));
  if (json) {
    std::printf("%s\n", annotations_json(*fit).dump().c_str());
    return 0;
  }
  std::printf("length-controlled (%s) %.2f %%, standard error %.2f; raw %.2f %%, standard error %.2f%s\n",
              fit->form.c_str(), fit->win_rate, fit->standard_error, fit->raw_win_rate,
              fit->raw_standard_error,
              fit->suspicious ? "; far from the raw rate: the fit may have failed" : "");
  return 0;
}

}  // namespace

Command eval_compare_command() {
  static std::string a, b;
  static bool json = false;
  return {.name = "eval compare",
          .doc = "Paired differences of two results of `retort eval`, with intervals",
          .flags = {{"a", "a result, evals/results/SUITE__MODEL.json", &a, Flag::Need::Required},
                    {"b", "another model's result of the same suite", &b, Flag::Need::Required},
                    {"--json", "one JSON array for scripts", &json}},
          .run = [] {
            const EvalReport one = load_report(a), other = load_report(b);
            const std::vector<Compared> compared = or_throw(compare_reports(one, other));
            const std::string text =
                json ? compared_json(compared).dump(1) + "\n" : compared_text(one, other, compared);
            std::fputs(text.c_str(), stdout);
            return 0;
          }};
}

Command eval_annotations_command() {
  static std::string file, gamed;
  static bool json = false;
  return {.name = "eval annotations",
          .doc = "The length-controlled win rate from AlpacaEval's published judgements",
          .flags = {{"annotations", "annotations.json of a model", &file, Flag::Need::Required},
                    {"--gamed", "df_gamed.csv of AlpacaEval; without it the fit is minimal", &gamed},
                    {"--json", "one JSON object for scripts", &json}},
          .run = [] { return annotations(file, gamed, json); }};
}

}  // namespace retort
