// What an evaluation found, question by question and summed up, as JSON (docs/evaluation.md) and as a table.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "eval/interval.h"
#include "eval/length_control.h"

namespace retort {

// How a figure sums up its items.
enum class Measure {
  Share,     // right or wrong: Wilson's interval; unparsed and failed ones are wrong
  Mean,      // a number each: Student's t
  Relative,  // 100 * sum of values / sum of `against`: bootstrap over the items
};
std::string_view measure_name(Measure measure);   // "share", "mean", "relative"
enum class Reading { Parsed, Unparsed, Failed };  // Failed: there was no answer, or no reply of the judge

struct EvalItem {
  std::string id, task;
  double value = 0;    // 0 where it is not Parsed
  double against = 0;  // the reference's, of Relative
  Reading reading = Reading::Parsed;
};

struct Figure {
  std::string name;  // "strict"
  Measure measure = Measure::Share;
  std::vector<EvalItem> items;
  std::map<std::string, int64_t> counts;  // "win", "tie", "lose" where there are such
};

// A figure summed up. Shares are in percent.
struct Summary {
  int64_t n = 0;  // items that count: all of a Share, the parsed ones otherwise
  int64_t unparsed = 0, failed = 0;
  std::optional<Estimate> estimate;   // over the items
  std::optional<Estimate> task_mean;  // the unweighted mean over tasks, where there are several (Share, Mean)
  std::map<std::string, std::pair<int64_t, std::optional<Estimate>>> tasks;  // n and estimate of each
};
Summary summarise(const Figure& figure);

struct EvalReport {
  std::string suite, model, identity, judge, reference;
  int64_t questions = 0, answers = 0;  // answers: turns asked
  int64_t cut = 0, failed = 0;         // answers cut at their limit; turns without an answer
  double mean_characters = 0;          // of an answer
  std::optional<double> reference_characters;
  std::optional<double> chance, majority;  // percent
  int64_t judged_orders = 0;               // 2: each pair in both; 1: in one, by a coin; 0: nothing to order
  std::optional<Estimate> order_disagreement;  // percent of pairs that the judge decides otherwise swapped
  std::vector<Figure> figures;
  std::optional<LengthControlled> length_controlled;
  std::vector<std::string> remarks;  // what a reader must know: "logiqa-en is not there"
  Json contamination;                // null where no training rows were named
};

Json report_json(const EvalReport& report);
// Malformed when it is none.
Result<EvalReport> parse_report(const Json& json);
// Several lines, for a terminal.
std::string report_text(const EvalReport& report);

// Paired differences of two models on the items that both reports hold.
struct Compared {
  std::string suite, figure;
  int64_t n = 0, only_one = 0;         // items of both; items that only one has
  std::optional<Estimate> difference;  // A - B, percent points or points; paired bootstrap
  int64_t better = 0, equal = 0, worse = 0;
};
// One for each figure that both have. InvalidArgument when they are of different suites.
Result<std::vector<Compared>> compare_reports(const EvalReport& a, const EvalReport& b);
std::string compared_text(const EvalReport& a, const EvalReport& b, const std::vector<Compared>& compared);
Json compared_json(const std::vector<Compared>& compared);

}  // namespace retort
