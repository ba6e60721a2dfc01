// The figures of the suites that need no judge.
#include <algorithm>
#include <functional>
#include <set>

#include "base/format.h"
#include "base/words.h"
#include "eval/bbh_tasks.h"
#include "eval/choices.h"
#include "eval/constraints.h"
#include "eval/evaluate.h"

namespace retort {
namespace {

// How a text reads: right, wrong, or not at all.
using Mark = std::optional<bool>;
using Reader = std::function<Mark(const EvalQuestion&, const std::string& answer)>;

Mark is_gold(std::optional<char> letter, const EvalQuestion& question) {
  if (!letter) return std::nullopt;
  return question.gold.size() == 1 && question.gold[0] == *letter;
}

Figure read_answers(std::string name, std::span<const EvalQuestion> questions, const TurnAnswers& answers,
                    const Reader& read) {
  Figure figure{.name = std::move(name)};
  for (size_t i = 0; i < questions.size(); ++i) {
    EvalItem item{.id = questions[i].id, .task = questions[i].task};
    if (!answers[i][0]) {
      item.reading = Reading::Failed;
    } else {
      const Mark mark = read(questions[i], answers[i][0]->text);
      item.reading = mark ? Reading::Parsed : Reading::Unparsed;
      item.value = mark.value_or(false) ? 1 : 0;
    }
    figure.items.push_back(std::move(item));
  }
  return figure;
}

std::vector<Figure> letter_figures(const Suite& suite, std::span<const EvalQuestion> questions,
                                   const TurnAnswers& answers, std::vector<std::string>& remarks) {
  const bool agieval = suite.name == "agieval";
  const auto broken = std::count_if(questions.begin(), questions.end(),
                                    [](const EvalQuestion& q) { return q.gold.size() != 1; });
  if (broken > 0)
    remarks.push_back(
        format("{} targets are no option (known faults of the data) and count as wrong", broken));
  std::set<std::string> tasks;
  for (const EvalQuestion& question : questions) tasks.insert(question.task);
  if (agieval && tasks.count("logiqa-en") == 0)
    remarks.push_back(
        format("logiqa-en is not there: means are over {} tasks, the papers' over 8", tasks.size()));
  return {read_answers(agieval ? "strict (first of A-F)" : "first letter (Orca)", questions, answers,
                       [agieval](const EvalQuestion& q, const std::string& a) {
                         return is_gold(first_letter(a, agieval ? 'F' : option_letter(q.options.size() - 1)),
                                        q);
                       }),
          read_answers("robust", questions, answers, [](const EvalQuestion& q, const std::string& a) {
            return is_gold(robust_letter(a, q.options), q);
          })};
}

std::vector<Figure> digit_figures(std::span<const EvalQuestion> questions, const TurnAnswers& answers) {
  return {read_answers("first digit", questions, answers,
                       [](const EvalQuestion& q, const std::string& a) {
                         return is_gold(first_digit(a, q.options.size()), q);
                       }),
          read_answers("robust", questions, answers, [](const EvalQuestion& q, const std::string& a) {
            return is_gold(robust_digit(a, q.options), q);
          })};
}

std::vector<Figure> free_figures(std::span<const EvalQuestion> questions, const TurnAnswers& answers) {
  return {
      read_answers(
          "strict", questions, answers,
          [](const EvalQuestion& q, const std::string& a) { return Mark(free_form_strict(a, q.gold)); }),
      read_answers("flexible", questions, answers, [](const EvalQuestion& q, const std::string& a) -> Mark {
        const auto read = free_form_flexible(a, q.gold, q.options, bbh_task(q.task).words);
        if (!read) return std::nullopt;
        return free_form_strict(*read, q.gold);
      })};
}

enum class Leniency { Strict, Loose };

// A question keeps all of its constraints, or each constraint is an item of its own.
Figure prompt_figure(Leniency leniency, std::span<const EvalQuestion> questions, const TurnAnswers& answers) {
  return read_answers(leniency == Leniency::Strict ? "prompts, strict" : "prompts, loose", questions, answers,
                      [leniency](const EvalQuestion& q, const std::string& a) -> Mark {
                        const ConstraintMarks marks = mark_constraints(q.checks, a);
                        if (marks.verifiable == 0) return std::nullopt;
                        return leniency == Leniency::Strict ? marks.all_strict() : marks.all_loose();
                      });
}

Figure constraint_figure(Leniency leniency, std::span<const EvalQuestion> questions,
                         const TurnAnswers& answers) {
  Figure figure{.name = leniency == Leniency::Strict ? "instructions, strict" : "instructions, loose"};
  for (size_t i = 0; i < questions.size(); ++i) {
    const auto& checks = questions[i].checks.items();
    for (size_t k = 0; k < checks.size(); ++k) {
      const std::string_view id = checks[k].at_path("id").string_or("");
      const std::string text = answers[i][0] ? answers[i][0]->text : "";
      const ConstraintMarks marks = mark_constraints(Json::array().push(checks[k]), text);
      if (marks.verifiable == 0) continue;
      figure.items.push_back(
          {.id = format("{}#{}", questions[i].id, k),
           .task = std::string(id.substr(0, id.find(':'))),
           .value = static_cast<double>(leniency == Leniency::Strict ? marks.strict : marks.loose),
           .reading = answers[i][0] ? Reading::Parsed : Reading::Failed});
    }
  }
  return figure;
}

std::vector<Figure> constraint_figures(std::span<const EvalQuestion> questions, const TurnAnswers& answers,
                                       std::vector<std::string>& remarks) {
  int64_t unknown = 0;
  for (const EvalQuestion& question : questions)
    for (const Json& check : question.checks.items()) unknown += keeps_constraint(check, "x") ? 0 : 1;
  if (unknown > 0)
    remarks.push_back(
        format("{} constraints cannot be verified here (a language to answer in) and are left out; a "
               "prompt with no other is unparsed",
               unknown));
  return {prompt_figure(Leniency::Strict, questions, answers),
          prompt_figure(Leniency::Loose, questions, answers),
          constraint_figure(Leniency::Strict, questions, answers),
          constraint_figure(Leniency::Loose, questions, answers)};
}

// An answer with its working is right by its last line.
bool is_exact(const std::string& answer, const std::string& gold) {
  const std::string_view text = trim(answer);
  return text == gold || trim(text.substr(text.rfind('\n') + 1)) == gold;
}

}  // namespace

std::vector<Figure> exact_figures(const Suite& suite, std::span<const EvalQuestion> questions,
                                  const TurnAnswers& answers, std::vector<std::string>& remarks) {
  if (suite.protocol == Protocol::Letter) return letter_figures(suite, questions, answers, remarks);
  if (suite.protocol == Protocol::Digit) return digit_figures(questions, answers);
  if (suite.protocol == Protocol::FreeForm) return free_figures(questions, answers);
  if (suite.protocol == Protocol::Constraints) return constraint_figures(questions, answers, remarks);
  return {read_answers("exact", questions, answers, [](const EvalQuestion& q, const std::string& a) {
    return Mark(is_exact(a, q.gold));
  })};
}

}  // namespace retort
