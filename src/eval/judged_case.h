// What a judge is shown: a turn of a question with the candidate's answer and, where two are compared, the
// reference's. Internal to the files that judge (judged_*.cpp).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/evaluate.h"

namespace retort {

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
// In the order of the questions. A turn whose answer, or an earlier one's, is missing has failed.
Cases cases_of(std::span<const EvalQuestion> questions, const TurnAnswers& answers,
               const TurnAnswers& reference, Against against);
EvalItem item_of(const Case& one);
// Of what is not parsed: no reply at all, or one that cannot be read.
Reading reading_of(const Result<ChatReply>& reply);
// The share hits / n in percent with Wilson's interval.
std::optional<Estimate> percent_of(int64_t hits, int64_t n);

// The question and both answers by the slots of a pairwise prompt.
PromptSlots pair_slots(const Case& one, Stands stands);
// The prompt's name with "_second" for a second turn and "_reference" where the data hold a right answer,
// which goes into the slots.
std::string form_of(std::string_view prompt, const Case& one, PromptSlots& slots);

// vicuna80 (judged_scores.cpp).
void judge_scores(const Cases& cases, Judge& judge, int64_t evidences, EvalReport& report);

}  // namespace retort
