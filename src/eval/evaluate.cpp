#include "eval/evaluate.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/format.h"
#include "eval/read_rows.h"

namespace retort {
namespace {

// ---- the reference ----
TurnAnswers given_answers(std::span<const EvalQuestion> questions, const GivenAnswers& given) {
  TurnAnswers answers;
  for (const EvalQuestion& question : questions) {
    auto& turns = answers.emplace_back(question.turns.size());
    const auto found = given.find(question.id);
    if (found == given.end()) continue;
    for (size_t t = 0; t < std::min(turns.size(), found->second.size()); ++t)
      turns[t] = Answer{.text = found->second[t]};
  }
  return answers;
}

TurnAnswers reference_answers(const Suite& suite, std::span<const EvalQuestion> questions,
                              const EvalWork& work) {
  if (work.given_reference != nullptr) return given_answers(questions, *work.given_reference);
  if (work.reference != nullptr) return collect_answers(suite, questions, *work.reference, "reference", work);
  GivenAnswers own;  // AlpacaEval's file holds the baseline's outputs
  if (suite.protocol == Protocol::Preference)
    for (const EvalQuestion& question : questions)
      if (!question.references.empty()) own[question.id] = question.references;
  if (own.empty())
    throw RunError(
        ErrorCode::InvalidArgument,
        format("{} compares with a reference model's answers, and none is named; give --reference an "
               "address, or --reference-answers a file",
               suite.name));
  return given_answers(questions, own);
}

double mean_characters(const TurnAnswers& answers) {
  double sum = 0, count = 0;
  for (const auto& turns : answers)
    for (const auto& answer : turns)
      if (answer) sum += static_cast<double>(characters_of(answer->text)), ++count;
  return count == 0 ? 0 : sum / count;
}

void count_answers(const TurnAnswers& answers, EvalReport& report) {
  for (const auto& turns : answers)
    for (const auto& answer : turns) {
      ++report.answers;
      report.failed += answer ? 0 : 1;
      report.cut += answer && answer->is_cut() ? 1 : 0;
    }
  report.mean_characters = mean_characters(answers);
}

}  // namespace

int64_t characters_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

Result<GivenAnswers> read_given_answers(const Path& file) {
  GivenAnswers given;
  RETORT_TRY(read_json_rows(file, [&](size_t number, const Json& row) -> Result<void> {
    std::string id = std::to_string(number - 1);
    for (const char* name : {"question_id", "id"})
      if (const Json* value = row.find(name); value != nullptr)
        id = value->is_integer() ? std::to_string(value->integer_or(0)) : std::string(value->string_or(""));
    std::vector<std::string> turns;
    for (const char* name : {"turns", "choices/0/turns"})
      for (const Json& turn : row.at_path(name).items())
        if (turns.size() < 8) turns.emplace_back(turn.string_or(""));
    for (const char* name : {"output", "text", "answer"})
      if (turns.empty() && row.at_path(name).is_string()) turns.emplace_back(row.at_path(name).string_or(""));
    if (turns.empty()) return Error{ErrorCode::Malformed, "no output, text or turns"};
    given[id] = std::move(turns);
    return {};
  }));
  return given;
}

EvalReport evaluate(const Suite& suite, std::span<const EvalQuestion> questions, const EvalWork& work) {
  if (needs_judge(suite.protocol) && work.judge == nullptr)
    throw RunError(
        ErrorCode::InvalidArgument,
        format("{} needs a judge; give --judge its address, or a run file with a [judge]", suite.name));
  EvalReport report{
      .suite = std::string(suite.name), .model = work.model_name, .identity = work.model.identity()};
  report.questions = static_cast<int64_t>(questions.size());
  // Before the model is asked: a reference that is missing must not cost its answers.
  TurnAnswers reference;
  if (needs_reference(suite.protocol)) reference = reference_answers(suite, questions, work);
  const TurnAnswers answers = collect_answers(suite, questions, work.model, "model", work);
  count_answers(answers, report);
  if (needs_reference(suite.protocol)) {
    report.reference_characters = mean_characters(reference);
    report.reference = work.given_reference == nullptr && work.reference == nullptr
                           ? "the baseline of the data"
                           : work.reference_name;
  }
  if (needs_judge(suite.protocol)) {
    report.judge = work.judge_name;
    crash_point(format("{}/judge:before", suite.name));
    judge_answers(suite, questions, answers, reference, work, report);
    crash_point(format("{}/judge:after", suite.name));
    if (work.judge->own_prompts() > 0)
      report.remarks.push_back(format("{} of the judge's prompts are the user's", work.judge->own_prompts()));
    return report;
  }
  report.figures = exact_figures(suite, questions, answers, report.remarks);
  const bool choices = suite.protocol == Protocol::Letter || suite.protocol == Protocol::Digit ||
                       suite.protocol == Protocol::FreeForm;
  if (choices) {
    const BaseLevels levels = base_levels(questions);
    report.chance = 100 * levels.chance;
    report.majority = 100 * levels.majority;
  }
  return report;
}

}  // namespace retort
