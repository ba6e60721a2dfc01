#include "eval/evaluate.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/stop.h"
#include "eval/read_rows.h"

namespace retort {
namespace {

// The questions as rows of the store, once for each set of them: a row a turn, in order.
std::vector<int64_t> question_rows(const Suite& suite, std::span<const EvalQuestion> questions,
                                   RunStore& store) {
  std::string all;
  std::vector<Instruction> rows;
  for (const EvalQuestion& question : questions)
    for (const std::string& turn : question.turns) {
      all.append(question.id).append("\n").append(turn).append("\n");
      rows.push_back({.text = turn, .kind = question.task});
    }
  const std::string stage = format("{}/questions/{}", suite.name, sha256_hex(all).substr(0, 12));
  if (store.begin_stage(stage) == RunStore::Begin::Run)
    store.transaction([&] {
      store.add_instructions(stage, rows);
      const auto count = static_cast<int64_t>(rows.size());
      store.finish_stage(stage, {.in = count, .ok = count}, Json::object());
    });
  return store.instruction_ids(stage);
}

// A turn of a question that is to be asked.
struct Turn {
  size_t question;
  int64_t row;
};

class Collecting {
 public:
  Collecting(const Suite& suite, std::span<const EvalQuestion> questions, Respondent& who,
             const std::string& role, const EvalWork& work)
      : suite_(suite),
        questions_(questions),
        who_(who),
        work_(work),
        point_(format("{}/{}", suite.name, role)),
        stage_(format("{}/{}/{}", suite.name, role, sha256_hex(who.identity()).substr(0, 12))),
        rows_(question_rows(suite, questions, work.store)) {
    for (const EvalQuestion& question : questions) answers_.emplace_back(question.turns.size());
  }

  TurnAnswers run() {
    size_t turns = 0;
    for (const EvalQuestion& question : questions_) turns = std::max(turns, question.turns.size());
    for (size_t turn = 0; turn < turns; ++turn) collect(turn);
    return std::move(answers_);
  }

 private:
  // A second turn needs the answer to the first.
  std::vector<Turn> askable(size_t turn) const {
    std::vector<Turn> turns;
    size_t row = 0;
    for (size_t q = 0; q < questions_.size(); row += questions_[q].turns.size(), ++q)
      if (turn < questions_[q].turns.size() && (turn == 0 || answers_[q][turn - 1]))
        turns.push_back({q, rows_[row + turn]});
    return turns;
  }

  void collect(size_t turn) {
    const std::vector<Turn> turns = askable(turn);
    std::vector<int64_t> ids;
    for (const Turn& one : turns) ids.push_back(one.row);
    // The set of questions is part of the name: another limit is another stage.
    const std::string stage =
        format("{}/{}/{}", stage_, sha256_hex(format("{}", fmt::join(ids, ","))).substr(0, 8), turn);
    const bool finished = work_.store.begin_stage(stage) == RunStore::Begin::AlreadyFinished;
    if (!finished) crash_point(point_ + ":before");
    std::map<int64_t, Answer> known = work_.store.answers(stage, ids);
    if (!finished) ask_rest(stage, turn, turns, known);
    for (const Turn& one : turns)
      if (const auto found = known.find(one.row); found != known.end())
        answers_[one.question][turn] = found->second;
  }

  void ask_rest(const std::string& stage, size_t turn, const std::vector<Turn>& turns,
                std::map<int64_t, Answer>& known) {
    std::vector<Turn> rest;
    for (const Turn& one : turns)
      if (known.count(one.row) == 0) rest.push_back(one);
    std::vector<Drop> failed;
    const size_t batch = std::min(who_.batch(), std::max<size_t>(rest.size(), 1));
    for (size_t begin = 0; begin < rest.size(); begin += batch) {
      throw_if_stopped();
      if (work_.progress) work_.progress(point_, turns.size() - rest.size() + begin, turns.size());
      const auto some = std::span(rest).subspan(begin, std::min(batch, rest.size() - begin));
      keep(stage, some, who_.reply(conversations(turn, some)), known, failed);
      if (begin == 0) crash_point(point_ + ":half");
    }
    work_.store.transaction([&] {
      work_.store.add_drops(stage, failed);
      const auto in = static_cast<int64_t>(turns.size()), lost = static_cast<int64_t>(failed.size());
      work_.store.finish_stage(stage, {.in = in, .ok = in - lost, .failed = lost}, Json::object());
    });
    crash_point(point_ + ":after");
  }

  std::vector<Conversation> conversations(size_t turn, std::span<const Turn> turns) const {
    std::vector<Conversation> out;
    for (const Turn& one : turns) {
      const EvalQuestion& question = questions_[one.question];
      Conversation conversation{.temperature = question.temperature, .tokens_max = suite_.tokens_max};
      for (size_t t = 0; t <= turn; ++t) {
        conversation.messages.push_back({"user", question.turns[t]});
        if (t < turn) conversation.messages.push_back({"assistant", answers_[one.question][t]->text});
      }
      out.push_back(std::move(conversation));
    }
    return out;
  }

  void keep(const std::string& stage, std::span<const Turn> turns, std::vector<Result<Answer>> answers,
            std::map<int64_t, Answer>& known, std::vector<Drop>& failed) {
    std::vector<StoredAnswer> stored;
    for (size_t i = 0; i < turns.size(); ++i) {
      if (!answers[i]) {
        failed.push_back({.instruction_id = turns[i].row,
                          .reason = std::string(error_code_name(answers[i].error().code)),
                          .detail = answers[i].error().message,
                          .failed = true});
        continue;
      }
      stored.push_back({turns[i].row, *answers[i]});
      known[turns[i].row] = std::move(*answers[i]);
    }
    work_.store.add_answers(stage, stored);
  }

  const Suite& suite_;
  std::span<const EvalQuestion> questions_;
  Respondent& who_;
  const EvalWork& work_;
  std::string point_, stage_;
  std::vector<int64_t> rows_;
  TurnAnswers answers_;
};

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
    if (turns.empty())
      return Error{ErrorCode::Malformed,
                   format("{}: row {} has no output, text or turns", file.string(), number)};
    given[id] = std::move(turns);
    return {};
  }));
  return given;
}

TurnAnswers collect_answers(const Suite& suite, std::span<const EvalQuestion> questions, Respondent& who,
                            const std::string& role, const EvalWork& work) {
  return Collecting(suite, questions, who, role, work).run();
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
