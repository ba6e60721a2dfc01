// The figures of the suites that a judge decides. All that a suite asks its judge leaves in one go, both
// orders included, so that the endpoint is never idle.
#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "eval/judge_reply.h"
#include "eval/judged_case.h"

namespace retort {
namespace {

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
  if (suite.protocol == Protocol::PairScores) judge_scores(cases, *work.judge, work.evidences, report);
  if (suite.protocol == Protocol::PairChoice) judge_pairs(cases, *work.judge, report);
  if (suite.protocol == Protocol::Grade) grade_answers(cases, *work.judge, report);
  if (suite.protocol == Protocol::Preference) prefer_outputs(cases, work, report);
}

}  // namespace retort
