// What a judge's reply says, protocol by protocol. Strict: what cannot be read is an Unparsable error with a
// short fixed reason, never a number.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "chat/chat.h"

namespace retort {

struct PairScores {
  double first = 0, second = 0;  // 0 to 10
};
// Vicuna's layout: two numbers, apart by white space or a comma, and nothing else on the first line that is
// not empty; else the last "(a, b)" in the reply, which the mathematics form ends with.
Result<PairScores> parse_pair_scores(std::string_view reply);

// MT-Bench's grade: the first [[number]], else the first [number]; "[[7.5]]" is 7.5, from 0 to 10.
Result<double> parse_grade(std::string_view reply);

// MT-Bench's verdict: [[A]], [[B]] or [[C]] for a tie, looked for in this order.
enum class Better { First, Second, Tie };
Result<Better> parse_better(std::string_view reply);

// AlpacaEval's: the share of "m" (the first answer's name) among the probabilities of "m" and "M" at the
// first token; one that is missing counts 0, both missing are Unparsable. From 0 to 1: how much the first is
// preferred.
Result<double> parse_preference(std::span<const TokenLogprob> tokens);

}  // namespace retort
