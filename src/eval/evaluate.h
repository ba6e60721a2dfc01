// One suite, one model: the questions are answered, scored or judged, and summed up. Every answer and every
// judge's reply is in the run store before anything is made of it, so that the same call, made again after
// the process was killed, goes on where it was and pays for nothing twice.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "eval/alpaca_files.h"
#include "eval/judge.h"
#include "eval/report.h"
#include "eval/respondent.h"
#include "eval/suite.h"
#include "store/run_store.h"

namespace retort {

// Answers of a reference model by question id, a turn each, as somebody's file brings them.
using GivenAnswers = std::map<std::string, std::vector<std::string>>;
// Rows {"question_id" or "id", "output" or "text" or "turns": [...] or "choices": [{"turns": [...]}]};
// without an id the row's number, from 0. Errors as read_file; Malformed for a row without an answer.
Result<GivenAnswers> read_given_answers(const Path& file);

struct EvalWork {
  RunStore& store;
  Respondent& model;
  std::string model_name;
  Judge* judge = nullptr;  // needed where needs_judge says so
  std::string judge_name;
  Respondent* reference = nullptr;  // or the given answers, or what the suite's own data bring
  std::string reference_name;
  const GivenAnswers* given_reference = nullptr;
  const AlpacaFiles* alpaca =
      nullptr;            // alpaca-eval: difficulty and gamed baselines, where the user has them
  int64_t evidences = 3;  // vicuna80, setting 2: opinions in each order (FairEval: 3)
  std::function<void(const std::string& stage, size_t done, size_t all)> progress;
};

// Throws RunError for what ends the run, InvalidArgument where judge or reference is missing.
EvalReport evaluate(const Suite& suite, std::span<const EvalQuestion> questions, const EvalWork& work);

// ---- the parts, for tests and for what is below ----
// Answers by question and turn; nothing where there is none.
using TurnAnswers = std::vector<std::vector<std::optional<Answer>>>;
// `role` and the respondent's identity name the stage. Finished: read from the store.
TurnAnswers collect_answers(const Suite& suite, std::span<const EvalQuestion> questions, Respondent& who,
                            const std::string& role, const EvalWork& work);
std::vector<Figure> exact_figures(const Suite& suite, std::span<const EvalQuestion> questions,
                                  const TurnAnswers& answers, std::vector<std::string>& remarks);
// Fills the report's figures and what else its protocol measures.
void judge_answers(const Suite& suite, std::span<const EvalQuestion> questions, const TurnAnswers& answers,
                   const TurnAnswers& reference, const EvalWork& work, EvalReport& report);

// In code points, as Python counts.
int64_t characters_of(std::string_view text);

}  // namespace retort
