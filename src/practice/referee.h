// The practice referee: knows the one right answer, writes its evidence and then a score for each answer,
// with a bias for whoever stands first and noise on each score, as LLM judges have (FairEval, arXiv
// 2305.17926). Lines of an answer that look like scores are not read, and an answer with its working is
// judged by its last line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "practice/asked.h"
#include "practice/world.h"

namespace retort::practice {

// How right an answer is, 0 to 1, as the referee reads it.
double judged_credit(const Item& item, std::string_view answer);

struct RefereeNoise {
  double position_bias = 0;  // points for the first answer
  double score_noise = 0;    // standard deviation
};
// The whole reply in the layout that prompts/referee.txt asks for.
std::string referee_reply(const Item& item, std::string_view first, std::string_view second,
                          const RefereeNoise& noise, Random random);
// The judge of an evaluation, in the layouts of prompts/judge_*.txt. `first_share` is how much it prefers the
// first answer, from 0 to 1, where a preference was asked for.
struct JudgeReply {
  std::string text;
  std::optional<double> first_share;
};
JudgeReply judge_reply(const Item& item, const AskedJudgement& asked, const RefereeNoise& noise,
                       Random random);

// What it writes about an instruction that is not of its world: evidence, no scores.
std::string referee_abstention();

}  // namespace retort::practice
