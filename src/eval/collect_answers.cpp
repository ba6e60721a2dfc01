// Answers to a suite's questions, turn by turn, into the store: what a batch brought is kept before the next
// one is asked.
#include <algorithm>

#include "base/crash_point.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/stop.h"
#include "eval/evaluate.h"

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
        // Another limit is another answer.
        stage_(format("{}/{}/{}", suite.name, role,
                      sha256_hex(format("{}\n{}", who.identity(), suite.tokens_max)).substr(0, 12))),
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
    std::string listed;
    for (const Turn& one : turns) {
      ids.push_back(one.row);
      listed += format("{}{}", listed.empty() ? "" : ",", one.row);
    }
    // The set of questions is part of the name: another limit is another stage.
    const std::string stage = format("{}/{}/{}", stage_, sha256_hex(listed).substr(0, 8), turn);
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

}  // namespace

TurnAnswers collect_answers(const Suite& suite, std::span<const EvalQuestion> questions, Respondent& who,
                            const std::string& role, const EvalWork& work) {
  return Collecting(suite, questions, who, role, work).run();
}

}  // namespace retort
