#include "eval/judged_case.h"

#include "base/format.h"

namespace retort {

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

Reading reading_of(const Result<ChatReply>& reply) { return reply ? Reading::Unparsed : Reading::Failed; }

std::optional<Estimate> percent_of(int64_t hits, int64_t n) {
  std::optional<Estimate> share = wilson_interval(hits, n);
  if (share) share = Estimate{100 * share->value, 100 * share->low, 100 * share->high};
  return share;
}

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

std::string form_of(std::string_view prompt, const Case& one, PromptSlots& slots) {
  const auto& right = one.question->references;
  if (!right.empty()) {
    slots["reference"] = right[0];
    if (one.turn == 1) slots["next_reference"] = right[1];
  }
  return format("{}{}{}", prompt, one.turn == 1 ? "_second" : "", right.empty() ? "" : "_reference");
}

}  // namespace retort
