// Readers of the suites that a judge scores: Vicuna-80, the 252 user-oriented instructions, MT-Bench,
// AlpacaEval.
#include <map>

#include "base/format.h"
#include "eval/read_rows.h"
#include "eval/suite.h"

namespace retort {
namespace {

std::vector<std::string> texts_of(const Json& array) {
  std::vector<std::string> texts;
  for (const Json& text : array.items()) texts.emplace_back(text.string_or(""));
  return texts;
}

// FastChat's question files: {"question_id", "category", "turns": [...]}, the oldest with "text" for one
// turn.
Result<std::vector<EvalQuestion>> read_fastchat(const Path& file) {
  std::vector<EvalQuestion> questions;
  RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
    EvalQuestion question;
    question.id = std::to_string(row.at_path("question_id").integer_or(static_cast<int64_t>(number)));
    question.task = std::string(row.at_path("category").string_or("other"));
    question.turns = texts_of(row.at_path("turns"));
    if (question.turns.empty()) question.turns = {std::string(row.at_path("text").string_or(""))};
    if (question.turns[0].empty()) return Error{ErrorCode::Malformed, "no question"};
    questions.push_back(std::move(question));
    return {};
  }));
  return questions;
}

// FastChat's temperatures by category (specs/orca_and_methods.md 3.2); 0.7 where it names none.
double temperature_of(std::string_view category) {
  if (category == "stem" || category == "humanities") return 0.1;
  for (std::string_view greedy : {"extraction", "math", "coding", "reasoning"})
    if (category == greedy) return 0;
  return 0.7;
}

}  // namespace

Result<std::vector<EvalQuestion>> read_vicuna80(const Path& folder) {
  std::vector<EvalQuestion> questions = RETORT_TRY(read_fastchat(folder / "vicuna80.jsonl"));
  // One temperature for all: the later tool's, which knows none of these as greedy when they are of Vicuna.
  for (EvalQuestion& question : questions) question.temperature = 0.7;
  return questions;
}

Result<std::vector<EvalQuestion>> read_mt_bench(const Path& folder) {
  std::vector<EvalQuestion> questions = RETORT_TRY(read_fastchat(folder / "mt_bench.jsonl"));
  std::map<std::string, std::vector<std::string>> references;
  RETORT_TRY(
      read_json_rows(folder / "mt_bench_reference_gpt4.jsonl", [&](size_t, const Json& row) -> Result<void> {
        references[std::to_string(row.at_path("question_id").integer_or(0))] =
            texts_of(row.at_path("choices/0/turns"));
        return {};
      }));
  for (EvalQuestion& question : questions) {
    question.temperature = temperature_of(question.task);
    if (const auto found = references.find(question.id); found != references.end())
      question.references = found->second;
    if (!question.references.empty()) question.references.resize(question.turns.size());
  }
  return questions;
}

Result<std::vector<EvalQuestion>> read_user252(const Path& folder) {
  const Path file = folder / "user_oriented_252.jsonl";
  std::vector<EvalQuestion> questions;
  RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
    const std::string_view instruction = row.at_path("instruction").string_or("");
    const std::string_view input = row.at_path("instances/0/input").string_or("");
    if (instruction.empty()) return Error{ErrorCode::Malformed, "no instruction"};
    questions.push_back(
        {.id = std::string(row.at_path("id").string_or(std::to_string(number))),
         .task = std::string(row.at_path("motivation_app").string_or("other")),
         .turns = {input.empty() ? std::string(instruction) : format("{}\n{}", instruction, input)},
         .temperature = 0.7});
    return {};
  }));
  return questions;
}

// {"instruction", "output", "dataset"}: the output, where there is one, is the baseline's.
Result<std::vector<EvalQuestion>> read_alpaca_eval(const Path& folder) {
  const Path file = folder / "alpaca_eval.json";
  std::vector<EvalQuestion> questions;
  RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
    const std::string_view instruction = row.at_path("instruction").string_or("");
    if (instruction.empty()) return Error{ErrorCode::Malformed, "no instruction"};
    EvalQuestion question{.id = std::to_string(number - 1),
                          .task = std::string(row.at_path("dataset").string_or("alpaca-eval")),
                          .turns = {std::string(instruction)},
                          .temperature = 0.7};
    if (const std::string_view output = row.at_path("output").string_or(""); !output.empty())
      question.references = {std::string(output)};
    questions.push_back(std::move(question));
    return {};
  }));
  return questions;
}

}  // namespace retort
