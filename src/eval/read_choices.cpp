// Readers of the suites whose answers need no judge: BIG-Bench Hard, AGIEval, TruthfulQA, IFEval.
#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/words.h"
#include "eval/bbh_tasks.h"
#include "eval/read_rows.h"
#include "eval/suite.h"

namespace retort {
namespace {

// What an item of BBH holds: its text without the options, and these, without letters.
struct Split {
  std::string question;
  std::vector<std::string> options;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// "(A) text" or "- text" under a line "Options:".
Split split_options(std::string_view input) {
  Split split;
  bool listed = false;
  for (std::string_view line : lines_of(input)) {
    const bool lettered = line.size() >= 3 && line[0] == '(' && line[2] == ')' &&
                          line[1] == option_letter(split.options.size());
    if (trim(line) == "Options:") {
      listed = true;
    } else if (listed && lettered) {
      split.options.emplace_back(trim(line.substr(3)));
    } else if (listed && line.starts_with("- ")) {
      split.options.emplace_back(trim(line.substr(2)));
    } else {
      split.question.append(split.question.empty() ? "" : "\n").append(line);
    }
  }
  return split;
}

struct BbhRow {
  const BbhTask& task;
  size_t index;
  std::string_view input, target;
};

Result<void> for_each_bbh(const Path& folder, const std::function<Result<void>(const BbhRow&)>& visit) {
  for (const BbhTask& task : bbh_tasks()) {
    const Path file = folder / "bbh" / format("{}.json", task.name);
    const Json json = RETORT_TRY(read_json_file(file.string()));
    const auto& examples = json.at_path("examples").items();
    if (examples.empty())
      return Error{ErrorCode::Malformed, format("{} holds no \"examples\"", file.string())};
    for (size_t i = 0; i < examples.size(); ++i) {
      const Json *input = examples[i].find("input"), *target = examples[i].find("target");
      if (input == nullptr || target == nullptr || !input->is_string() || !target->is_string())
        return Error{ErrorCode::Malformed,
                     format("{}: example {} has no input or no target", file.string(), i)};
      RETORT_TRY(visit({task, i, input->string_or(""), target->string_or("")}));
    }
  }
  return {};
}

// "(B)" stays B; a word becomes the letter of its option. A target that is neither (three broken ones are
// known: a comma had split an option) is kept as it is, and no letter equals it.
std::string letter_of_target(std::string_view target, const std::vector<std::string>& options) {
  if (target.size() == 3 && target.front() == '(' && target.back() == ')') return std::string(1, target[1]);
  const auto found = std::find(options.begin(), options.end(), target);
  if (found == options.end()) return std::string(target);
  return std::string(1, option_letter(static_cast<size_t>(found - options.begin())));
}

}  // namespace

char option_letter(size_t index) { return static_cast<char>('A' + index); }

std::string choice_prompt(std::string_view passage, std::string_view question,
                          std::span<const std::string> options) {
  std::string text = format("{}Q: {} Answer Choices:", passage, question);
  for (size_t i = 0; i < options.size(); ++i) text += format(" ({}){}", option_letter(i), options[i]);
  const char last = options.size() == 1 ? 'E' : option_letter(options.size() - 1);
  return text + format("\nA: Among A through {}, the answer is", last);
}

Result<std::vector<EvalQuestion>> read_bbh_choices(const Path& folder) {
  std::vector<EvalQuestion> questions;
  RETORT_TRY(for_each_bbh(folder, [&](const BbhRow& row) -> Result<void> {
    if (row.task.words.empty() && !row.task.lettered) return {};
    Split split = split_options(row.input);
    if (split.options.empty()) split.options.assign(row.task.words.begin(), row.task.words.end());
    if (split.options.empty())
      return Error{ErrorCode::Malformed,
                   format("bbh/{}.json: example {} has no options", row.task.name, row.index)};
    questions.push_back({.id = format("{}/{}", row.task.name, row.index),
                         .task = std::string(row.task.name),
                         .turns = {choice_prompt("", split.question, split.options)},
                         .options = split.options,
                         .gold = letter_of_target(row.target, split.options)});
    return {};
  }));
  return questions;
}

Result<std::vector<EvalQuestion>> read_bbh_free(const Path& folder) {
  std::vector<EvalQuestion> questions;
  RETORT_TRY(for_each_bbh(folder, [&](const BbhRow& row) -> Result<void> {
    Split split = split_options(row.input);
    if (split.options.empty()) split.options.assign(row.task.words.begin(), row.task.words.end());
    questions.push_back({.id = format("{}/{}", row.task.name, row.index),
                         .task = std::string(row.task.name),
                         .turns = {format("{}\n\nQ: {}\nA:", row.task.line, row.input)},
                         .options = split.options,
                         .gold = std::string(row.target)});
    return {};
  }));
  return questions;
}

Result<std::vector<EvalQuestion>> read_agieval(const Path& folder) {
  // Lion's and Orca's eight; logiqa-en may not be redistributed and is often absent.
  constexpr std::array<std::string_view, 8> kTasks = {
      "aqua-rat", "logiqa-en", "lsat-ar", "lsat-lr",
      "lsat-rc",  "sat-math",  "sat-en",  "sat-en-without-passage"};
  std::vector<EvalQuestion> questions;
  for (std::string_view task : kTasks) {
    const Path file = folder / "agieval" / format("{}.jsonl", task);
    if (!std::filesystem::exists(file)) continue;
    RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
      std::vector<std::string> options;
      for (const Json& option : row.at_path("options").items()) {
        const std::string_view text = option.string_or("");
        const bool marked = text.size() >= 3 && text[0] == '(' && text[2] == ')';
        options.emplace_back(marked ? text.substr(3) : text);
      }
      const std::string_view label = row.at_path("label").string_or("");
      if (options.empty() || label.empty()) return Error{ErrorCode::Malformed, "no options or no label"};
      questions.push_back({.id = format("{}/{}", task, number - 1),
                           .task = std::string(task),
                           .turns = {choice_prompt(row.at_path("passage").string_or(""),
                                                   row.at_path("question").string_or(""), options)},
                           .options = options,
                           .gold = std::string(label)});
      return {};
    }));
  }
  if (questions.empty())
    return Error{ErrorCode::NotFound,
                 format("no file of AGIEval in {}; `retort eval fetch agieval` brings them",
                        (folder / "agieval").string())};
  return questions;
}

// Rows of truthful_qa_mc: {"question", "choices": [4], "label": 0 to 3}. Questions with fewer options are
// left out, as Orca leaves them out.
Result<std::vector<EvalQuestion>> read_truthfulqa(const Path& folder) {
  Path file = folder / "truthfulqa_mc.parquet";
  if (!std::filesystem::exists(file)) file = folder / "truthfulqa_mc.json";
  std::vector<EvalQuestion> questions;
  RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
    std::vector<std::string> options;
    for (const Json& choice : row.at_path("choices").items()) options.emplace_back(choice.string_or(""));
    const int64_t label = row.at_path("label").integer_or(-1);
    if (options.size() != 4) return {};
    if (label < 0 || label > 3) return Error{ErrorCode::Malformed, "no label from 0 to 3"};
    std::string text = format("Q: {} Answer Choices:", row.at_path("question").string_or(""));
    for (size_t i = 0; i < options.size(); ++i) text += format(" ({}){}", i, options[i]);
    questions.push_back({.id = format("truthfulqa/{}", number - 1),
                         .task = "truthfulqa",
                         .turns = {text + "\nA: Among 0 through 3, the answer is"},
                         .options = options,
                         .gold = std::to_string(label)});
    return {};
  }));
  return questions;
}

// Rows of IFEval: {"key", "prompt", "instruction_id_list": [...], "kwargs": [{...}]}.
Result<std::vector<EvalQuestion>> read_ifeval(const Path& folder) {
  const Path file = folder / "ifeval.jsonl";
  std::vector<EvalQuestion> questions;
  RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
    const auto& ids = row.at_path("instruction_id_list").items();
    const auto& arguments = row.at_path("kwargs").items();
    if (ids.empty() || ids.size() != arguments.size())
      return Error{ErrorCode::Malformed, "instruction_id_list and kwargs do not pair"};
    Json checks = Json::array();
    for (size_t i = 0; i < ids.size(); ++i) {
      Json check = Json::object().set("id", ids[i]);
      for (const auto& [name, value] : arguments[i].members())
        if (!value.is_null()) check.set(name, value);
      checks.push(std::move(check));
    }
    const std::string_view id = ids[0].string_or("");
    questions.push_back(
        {.id = format("ifeval/{}", row.at_path("key").integer_or(static_cast<int64_t>(number))),
         .task = std::string(id.substr(0, id.find(':'))),
         .turns = {std::string(row.at_path("prompt").string_or(""))},
         .checks = std::move(checks)});
    return {};
  }));
  return questions;
}

}  // namespace retort
