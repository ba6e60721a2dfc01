#include "eval/suite.h"

#include <algorithm>
#include <map>

#include "base/fields.h"

namespace retort {
namespace {

constexpr Suite kSuites[] = {
    {.name = "practice",
     .doc = "held-out instructions of the practice world, exact answers",
     .data = "",
     .protocol = Protocol::Exact,
     .tokens_max = 64},
    {.name = "bbh",
     .doc = "BIG-Bench Hard as Orca asks it: 23 tasks, lettered, first letter counts",
     .data = "bbh/*.json",
     .read = read_bbh_choices},
    {.name = "bbh-free",
     .doc = "BIG-Bench Hard, free answers to all 27 tasks, strict and flexible",
     .data = "bbh/*.json",
     .protocol = Protocol::FreeForm,
     .read = read_bbh_free},
    {.name = "agieval",
     .doc = "AGIEval's eight English multiple-choice tasks (those whose files are there)",
     .data = "agieval/*.jsonl",
     .read = read_agieval},
    {.name = "truthfulqa-mc",
     .doc = "TruthfulQA with four numbered options, as Orca asks it",
     .data = "truthfulqa_mc.parquet or .json",
     .protocol = Protocol::Digit,
     .read = read_truthfulqa},
    {.name = "ifeval",
     .doc = "instructions that a program can verify, strict and loose",
     .data = "ifeval.jsonl",
     .protocol = Protocol::Constraints,
     .tokens_max = 1280,
     .read = read_ifeval},
    {.name = "vicuna80",
     .doc = "80 questions, a judge scores reference and candidate: settings 1 and 2 of Lion",
     .data = "vicuna80.jsonl",
     .protocol = Protocol::PairScores,
     .read = read_vicuna80},
    {.name = "user252",
     .doc = "252 instructions by experts, a judge says win, tie or lose in both orders",
     .data = "user_oriented_252.jsonl",
     .protocol = Protocol::PairChoice,
     .read = read_user252},
    {.name = "mt-bench",
     .doc = "80 questions of two turns, a judge grades each from 1 to 10",
     .data = "mt_bench.jsonl, mt_bench_reference_gpt4.jsonl",
     .protocol = Protocol::Grade,
     .read = read_mt_bench},
    {.name = "mt-bench-pair",
     .doc = "the same questions, a judge compares with a reference model in both orders",
     .data = "mt_bench.jsonl, mt_bench_reference_gpt4.jsonl",
     .protocol = Protocol::PairChoice,
     .read = read_mt_bench},
    {.name = "alpaca-eval",
     .doc = "805 instructions, a judge's log-probabilities: win rate, raw and length-controlled",
     .data = "alpaca_eval.json",
     .protocol = Protocol::Preference,
     .tokens_max = 2048,
     .read = read_alpaca_eval},
};

}  // namespace

bool needs_judge(Protocol protocol) { return protocol == Protocol::Grade || needs_reference(protocol); }
bool needs_reference(Protocol protocol) {
  return protocol == Protocol::PairScores || protocol == Protocol::PairChoice ||
         protocol == Protocol::Preference;
}

std::span<const Suite> suites() { return kSuites; }

Result<const Suite*> find_suite(std::string_view name) {
  std::vector<std::string> names;
  for (const Suite& suite : kSuites) {
    if (suite.name == name) return &suite;
    names.emplace_back(suite.name);
  }
  const std::string near = nearest_name(name, names);
  return Error{ErrorCode::InvalidArgument,
               format("there is no suite \"{}\"{}; `retort eval --list` names them", name,
                      near.empty() ? "" : format(", did you mean {}?", near))};
}

BaseLevels base_levels(std::span<const EvalQuestion> questions) {
  struct Task {
    double chance = 0;
    int64_t count = 0;
    std::map<std::string, int64_t> golds;
  };
  std::map<std::string, Task> tasks;
  for (const EvalQuestion& question : questions) {
    Task& task = tasks[question.task];
    if (!question.options.empty()) task.chance += 1.0 / static_cast<double>(question.options.size());
    ++task.count;
    ++task.golds[question.gold];
  }
  BaseLevels levels;
  for (const auto& [name, task] : tasks) {
    int64_t most = 0;
    for (const auto& [gold, count] : task.golds) most = std::max(most, count);
    levels.chance += task.chance / static_cast<double>(task.count);
    levels.majority += static_cast<double>(most) / static_cast<double>(task.count);
  }
  const double count = std::max<double>(1, static_cast<double>(tasks.size()));
  return {levels.chance / count, levels.majority / count};
}

}  // namespace retort
