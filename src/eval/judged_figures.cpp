// The figures of the suites that a judge decides. All that a suite asks its judge leaves in one go, both
// orders included, so that the endpoint is never idle.
#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/hash.h"
#include "eval/evaluate.h"
#include "eval/judge_reply.h"
#include "eval/relative_score.h"
#include "roles/referee.h"

namespace retort {
namespace {

enum class Stands { CandidateFirst, CandidateSecond };
constexpr Stands kBothOrders[] = {Stands::CandidateSecond, Stands::CandidateFirst};  // Vicuna's first

// A thing to judge: a turn of a question with both answers (a grade has no reference answer).
struct Case {
  const EvalQuestion* question = nullptr;
  size_t turn = 0;
  std::vector<std::string> candidate, reference;  // up to this turn; the reference may be empty
  std::string id() const {
    return question->turns.size() == 1 ? question->id : format("{}/{}", question->id, turn + 1);
  }
};

struct Cases {
  std::vector<Case> judged;
  std::vector<EvalItem> failed;  // without an answer to judge
};

enum class Against { Nothing, Reference };

Cases cases_of(std::span<const EvalQuestion> questions, const TurnAnswers& answers,
               const TurnAnswers& reference, Against against) {
  Cases cases;
  for (size_t q = 0; q < questions.size(); ++q) {
    Case one{.question = &questions[q]};
    bool whole = true;
    for (size_t t = 0; t < questions[q].turns.size(); ++t) {
      one.turn = t;
      whole = whole && answers[q][t] && (against == Against::Nothing || reference[q][t]);
      if (!whole) {
        cases.failed.push_back({.id = one.id(), .task = questions[q].task, .reading = Reading::Failed});
        continue;
      }
      one.candidate.push_back(answers[q][t]->text);
      if (against == Against::Reference) one.reference.push_back(reference[q][t]->text);
      cases.judged.push_back(one);
    }
  }
  return cases;
}

EvalItem item_of(const Case& one) { return {.id = one.id(), .task = one.question->task}; }

// Not parsed: no reply at all, or one that cannot be read.
Reading reading_of(const Result<ChatReply>& reply) { return reply ? Reading::Unparsed : Reading::Failed; }

// A reply that was cut before its first line ended may have lost a digit.
bool is_whole(const ChatReply& reply) {
  return reply.finish != Finish::Length || reply.text.find('\n') != std::string::npos;
}

std::optional<Estimate> percent_of(int64_t hits, int64_t n) {
  std::optional<Estimate> share = wilson_interval(hits, n);
  if (share) share = Estimate{100 * share->value, 100 * share->low, 100 * share->high};
  return share;
}

// The question and both answers by the slots of a pairwise prompt.
PromptSlots pair_slots(const Case& one, Stands stands) {
  const bool first = stands == Stands::CandidateFirst;
  const auto &a = first ? one.candidate : one.reference, &b = first ? one.reference : one.candidate;
  PromptSlots slots = {{"question", one.question->turns[0]}, {"first", a[0]}, {"second", b[0]}};
  if (one.turn == 1) {
    slots["next_question"] = one.question->turns[1];
    slots["next_first"] = a[1];
    slots["next_second"] = b[1];
  }
  return slots;
}

// "_second" for a second turn, "_reference" where the data hold a right answer.
std::string form_of(std::string_view prompt, const Case& one, PromptSlots& slots) {
  const auto& right = one.question->references;
  if (!right.empty()) {
    slots["reference"] = right[0];
    if (one.turn == 1) slots["next_reference"] = right[1];
  }
  return format("{}{}{}", prompt, one.turn == 1 ? "_second" : "", right.empty() ? "" : "_reference");
}

// ---- vicuna80: two scores ----
using MaybeScores = std::optional<ScoredPair>;

MaybeScores scores_of(const Result<ChatReply>& reply, Stands stands, std::string_view prompt) {
  if (!reply) return std::nullopt;
  double first = 0, second = 0;
  if (prompt == "referee") {
    if (reply->finish == Finish::Length) return std::nullopt;
    const Result<RefereeScores> read = parse_referee_reply(reply->text);
    if (!read) return std::nullopt;
    first = read->first, second = read->second;
  } else {
    if (!is_whole(*reply)) return std::nullopt;
    const Result<PairScores> read = parse_pair_scores(reply->text);
    if (!read) return std::nullopt;
    first = read->first, second = read->second;
  }
  return stands == Stands::CandidateFirst ? ScoredPair{second, first} : ScoredPair{first, second};
}

// Mean over the opinions that could be read.
MaybeScores mean_of(const std::vector<MaybeScores>& opinions) {
  ScoredPair sum;
  double count = 0;
  for (const MaybeScores& scores : opinions)
    if (scores) sum.reference += scores->reference, sum.candidate += scores->candidate, ++count;
  if (count == 0) return std::nullopt;
  return ScoredPair{sum.reference / count, sum.candidate / count};
}

int sign(const ScoredPair& pair) {
  return pair.candidate > pair.reference ? 1 : pair.candidate < pair.reference ? -1 : 0;
}

class Vicuna {
 public:
  Vicuna(const Cases& cases, Judge& judge, int64_t evidences)
      : cases_(cases), judge_(judge), evidences_(evidences) {}

  void run(EvalReport& report) {
    std::vector<JudgeCall> calls;
    for (const Case& one : cases_.judged) add_calls(one, calls);
    replies_ = judge_.ask(calls);
    const size_t per_case = 2 + 2 * static_cast<size_t>(evidences_);
    int64_t both = 0, apart = 0;
    for (size_t i = 0; i < cases_.judged.size(); ++i) {
      const std::string prompt = prompt_of(cases_.judged[i]);
      std::vector<MaybeScores> one, two;
      for (size_t k = 0; k < per_case; ++k) {
        const auto& reply = replies_[i * per_case + k];
        (k < 2 ? one : two).push_back(scores_of(reply, kBothOrders[k % 2], k < 2 ? prompt : "referee"));
      }
      setting_one_.push_back(one[0]), swapped_.push_back(one[1]),
          both_.push_back(one[0] && one[1] ? mean_of(one) : MaybeScores());
      setting_two_.push_back(mean_of(two));
      if (one[0] && one[1]) ++both, apart += sign(*one[0]) != sign(*one[1]) ? 1 : 0;
    }
    report.order_disagreement = percent_of(apart, both);
    report.figures.push_back(figure("setting 1 (reference first)", setting_one_));
    report.figures.push_back(figure("setting 1, swapped", swapped_));
    report.figures.push_back(figure("setting 1, both orders", both_));
    if (evidences_ > 0) report.figures.push_back(figure("setting 2 (evidence first)", setting_two_));
    int64_t lost = 0;
    for (size_t i = 0; i < replies_.size(); ++i) {
      const size_t k = i % per_case;
      if (k >= 2 && !scores_of(replies_[i], kBothOrders[k % 2], "referee")) ++lost;
    }
    if (evidences_ > 0)
      report.remarks.push_back(format("setting 2: {} opinions in each order, {} of {} could not be read",
                                      evidences_, lost,
                                      2 * evidences_ * static_cast<int64_t>(cases_.judged.size())));
  }

 private:
  static std::string prompt_of(const Case& one) {
    const std::string& task = one.question->task;
    return task == "coding" || task == "math" ? "judge_scores_" + task : "judge_scores";
  }

  void add_calls(const Case& one, std::vector<JudgeCall>& calls) const {
    for (Stands stands : kBothOrders)
      calls.push_back({prompt_of(one), pair_slots(one, stands), {.temperature = 0.2, .tokens_max = 1'024}});
    // FairEval: three opinions at temperature 1, evidence before scores, in each order.
    for (int64_t k = 0; k < evidences_; ++k)
      for (Stands stands : kBothOrders) {
        PromptSlots slots = pair_slots(one, stands);
        slots["instruction"] = slots["question"];
        slots.erase("question");
        calls.push_back({"referee", std::move(slots), {.temperature = 1, .tokens_max = 512}, k});
      }
  }

  Figure figure(std::string name, const std::vector<MaybeScores>& scores) const {
    Figure figure{.name = std::move(name), .measure = Measure::Relative, .items = cases_.failed};
    for (const char* outcome : {"win", "tie", "lose"}) figure.counts[outcome] = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      EvalItem item = item_of(cases_.judged[i]);
      item.reading = scores[i] ? Reading::Parsed : Reading::Unparsed;
      if (scores[i]) {
        item.value = scores[i]->candidate, item.against = scores[i]->reference;
        ++figure.counts[sign(*scores[i]) > 0 ? "win" : sign(*scores[i]) < 0 ? "lose" : "tie"];
      }
      figure.items.push_back(std::move(item));
    }
    return figure;
  }

  const Cases& cases_;
  Judge& judge_;
  int64_t evidences_;
  std::vector<Result<ChatReply>> replies_;
  std::vector<MaybeScores> setting_one_, swapped_, both_, setting_two_;
};

// ---- which is better, in both orders ----
std::optional<int> outcome_of(const Result<ChatReply>& reply, Stands stands) {
  if (!reply) return std::nullopt;
  const Result<Better> better = parse_better(reply->text);
  if (!better) return std::nullopt;
  if (*better == Better::Tie) return 0;
  return (*better == Better::First) == (stands == Stands::CandidateFirst) ? 1 : -1;
}

void judge_pairs(const Cases& cases, Judge& judge, EvalReport& report) {
  std::vector<JudgeCall> calls;
  for (const Case& one : cases.judged)
    for (Stands stands : kBothOrders) {
      PromptSlots slots = pair_slots(one, stands);
      const std::string prompt = form_of("judge_better", one, slots);
      calls.push_back({prompt, std::move(slots), {.temperature = 0, .tokens_max = 2'048}});
    }
  const std::vector<Result<ChatReply>> replies = judge.ask(calls);
  Figure figure{.name = "win rate, tie half", .measure = Measure::Mean, .items = cases.failed};
  for (const char* outcome : {"win", "tie", "lose"}) figure.counts[outcome] = 0;
  int64_t both = 0, apart = 0;
  for (size_t i = 0; i < cases.judged.size(); ++i) {
    EvalItem item = item_of(cases.judged[i]);
    const auto one = outcome_of(replies[2 * i], kBothOrders[0]),
               two = outcome_of(replies[2 * i + 1], kBothOrders[1]);
    if (!one || !two) {
      item.reading = std::max(reading_of(replies[2 * i]), reading_of(replies[2 * i + 1]));
    } else {
      ++both, apart += *one != *two ? 1 : 0;
      // A win only when both orders agree.
      const int agreed = *one == *two ? *one : 0;
      item.value = 100 * (0.5 + 0.5 * agreed);
      ++figure.counts[agreed > 0 ? "win" : agreed < 0 ? "lose" : "tie"];
    }
    figure.items.push_back(std::move(item));
  }
  report.order_disagreement = percent_of(apart, both);
  report.figures.push_back(std::move(figure));
}

// ---- a grade ----
void grade_answers(const Cases& cases, Judge& judge, EvalReport& report) {
  std::vector<JudgeCall> calls;
  for (const Case& one : cases.judged) {
    PromptSlots slots = {{"question", one.question->turns[0]}, {"answer", one.candidate[0]}};
    if (one.turn == 1)
      slots["next_question"] = one.question->turns[1], slots["next_answer"] = one.candidate[1];
    const std::string prompt = form_of("judge_grade", one, slots);
    calls.push_back({prompt, std::move(slots), {.temperature = 0, .tokens_max = 2'048}});
  }
  const std::vector<Result<ChatReply>> replies = judge.ask(calls);
  Figure all{.name = "grade", .measure = Measure::Mean, .items = cases.failed};
  Figure turns[2] = {{.name = "first turn", .measure = Measure::Mean},
                     {.name = "second turn", .measure = Measure::Mean}};
  for (size_t i = 0; i < cases.judged.size(); ++i) {
    EvalItem item = item_of(cases.judged[i]);
    item.reading = reading_of(replies[i]);
    if (replies[i])
      if (const Result<double> grade = parse_grade(replies[i]->text))
        item.value = *grade, item.reading = Reading::Parsed;
    turns[std::min<size_t>(cases.judged[i].turn, 1)].items.push_back(item);
    all.items.push_back(std::move(item));
  }
  report.figures.push_back(std::move(all));
  for (Figure& turn : turns)
    if (!turn.items.empty()) report.figures.push_back(std::move(turn));
}

// ---- a preference by log-probabilities ----
// A coin for each instruction, the same in every run.
Stands coin(std::string_view instruction) {
  const char digit = sha256_hex(instruction)[0];
  return digit >= '8' ? Stands::CandidateFirst : Stands::CandidateSecond;
}

Result<double> preference_for(const Result<ChatReply>& reply, const Case& one) {
  if (!reply) return reply.error();
  const double first = RETORT_TRY(parse_preference(reply->logprobs));
  return coin(one.question->turns[0]) == Stands::CandidateFirst ? first : 1 - first;
}

void prefer_outputs(const Cases& cases, const EvalWork& work, EvalReport& report) {
  std::vector<JudgeCall> calls;
  std::vector<std::optional<size_t>> call_of;  // identical outputs need none
  for (const Case& one : cases.judged) {
    call_of.push_back(std::nullopt);
    if (one.candidate == one.reference) continue;
    call_of.back() = calls.size();
    ChatSampling sampling{.temperature = 0, .tokens_max = 1};
    sampling.top_logprobs = 5;
    calls.push_back({"judge_prefer", pair_slots(one, coin(one.question->turns[0])), std::move(sampling)});
  }
  const std::vector<Result<ChatReply>> replies = work.judge->ask(calls);
  Figure raw{.name = "win rate, raw", .measure = Measure::Mean, .items = cases.failed};
  Figure discrete{.name = "win rate, discrete", .measure = Measure::Mean, .items = cases.failed};
  std::vector<JudgedPair> pairs;
  for (size_t i = 0; i < cases.judged.size(); ++i) {
    const Case& one = cases.judged[i];
    EvalItem item = item_of(one);
    // Identical outputs are even.
    const Result<double> preference =
        call_of[i] ? preference_for(replies[*call_of[i]], one) : Result<double>(0.5);
    if (!preference) item.reading = reading_of(replies[*call_of[i]]);
    EvalItem rounded = item;
    if (preference) {
      item.value = 100 * *preference;
      rounded.value = *preference > 0.5 ? 100 : *preference < 0.5 ? 0 : 50;
      size_t index = 0;
      for (char c : one.question->id) index = index * 10 + static_cast<size_t>(c - '0');
      const bool known = work.alpaca != nullptr && index < work.alpaca->difficulty.size();
      pairs.push_back({.preference = *preference,
                       .model_length = characters_of(one.candidate[0]),
                       .baseline_length = characters_of(one.reference[0]),
                       .difficulty = known ? work.alpaca->difficulty[index] : 0});
    }
    raw.items.push_back(std::move(item));
    discrete.items.push_back(std::move(rounded));
  }
  report.figures.push_back(std::move(raw));
  report.figures.push_back(std::move(discrete));
  report.length_controlled =
      length_controlled(pairs, work.alpaca != nullptr ? std::span<const GamedRow>(work.alpaca->gamed)
                                                      : std::span<const GamedRow>());
}

}  // namespace

void judge_answers(const Suite& suite, std::span<const EvalQuestion> questions, const TurnAnswers& answers,
                   const TurnAnswers& reference, const EvalWork& work, EvalReport& report) {
  const Cases cases = cases_of(questions, answers, reference,
                               needs_reference(suite.protocol) ? Against::Reference : Against::Nothing);
  if (work.progress) work.progress(format("{}/judge", suite.name), 0, cases.judged.size());
  report.judged_orders = suite.protocol == Protocol::Grade        ? 0
                         : suite.protocol == Protocol::Preference ? 1
                                                                  : 2;
  if (suite.protocol == Protocol::PairScores) Vicuna(cases, *work.judge, work.evidences).run(report);
  if (suite.protocol == Protocol::PairChoice) judge_pairs(cases, *work.judge, report);
  if (suite.protocol == Protocol::Grade) grade_answers(cases, *work.judge, report);
  if (suite.protocol == Protocol::Preference) prefer_outputs(cases, work, report);
}

}  // namespace retort
