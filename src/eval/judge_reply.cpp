#include "eval/judge_reply.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/words.h"

namespace retort {
namespace {

Error unparsable(const char* reason) { return {ErrorCode::Unparsable, reason}; }

std::optional<double> number(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
      !std::isfinite(value))
    return std::nullopt;
  return value;
}

// Exactly two numbers, commas and white space between them.
std::optional<PairScores> two_numbers(std::string_view text) {
  std::vector<double> numbers;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(" \t\r,");
    if (begin == text.npos) break;
    const size_t end = std::min(text.find_first_of(" \t\r,", begin), text.size());
    const std::optional<double> value = number(text.substr(begin, end - begin));
    if (!value || numbers.size() == 2) return std::nullopt;
    numbers.push_back(*value);
    text.remove_prefix(end);
  }
  if (numbers.size() != 2) return std::nullopt;
  return PairScores{numbers[0], numbers[1]};
}

bool in_range(double score) { return score >= 0 && score <= 10; }

// The first number between `open` and `close`.
std::optional<double> bracketed(std::string_view reply, std::string_view open, std::string_view close) {
  for (size_t at = reply.find(open); at != reply.npos; at = reply.find(open, at + 1)) {
    const size_t begin = at + open.size(), end = reply.find(close, begin);
    if (end == reply.npos) return std::nullopt;
    if (const auto value = number(reply.substr(begin, end - begin))) return value;
  }
  return std::nullopt;
}

}  // namespace

Result<PairScores> parse_pair_scores(std::string_view reply) {
  const std::string_view text = trim(reply);
  std::optional<PairScores> scores = two_numbers(text.substr(0, text.find('\n')));
  for (size_t open = text.rfind('('); !scores && open != text.npos;
       open = open == 0 ? text.npos : text.rfind('(', open - 1)) {
    const size_t close = text.find(')', open);
    if (close == text.npos || text.substr(open, close - open).find(',') == text.npos) continue;
    scores = two_numbers(text.substr(open + 1, close - open - 1));
  }
  if (!scores) return unparsable("no two scores");
  if (!in_range(scores->first) || !in_range(scores->second)) return unparsable("a score is out of range");
  return *scores;
}

Result<double> parse_grade(std::string_view reply) {
  std::optional<double> grade = bracketed(reply, "[[", "]]");
  if (!grade) grade = bracketed(reply, "[", "]");
  if (!grade) return unparsable("no grade");
  if (!in_range(*grade)) return unparsable("a grade is out of range");
  return *grade;
}

Result<Better> parse_better(std::string_view reply) {
  if (reply.find("[[A]]") != reply.npos) return Better::First;
  if (reply.find("[[B]]") != reply.npos) return Better::Second;
  if (reply.find("[[C]]") != reply.npos) return Better::Tie;
  return unparsable("no verdict");
}

Result<double> parse_preference(std::span<const TokenLogprob> tokens) {
  if (tokens.empty()) return unparsable("no log-probabilities");
  double first = 0, second = 0;
  for (const auto& [token, logprob] : tokens[0].top) {
    if (token == "m") first += std::exp(logprob);
    if (token == "M") second += std::exp(logprob);
  }
  if (first + second <= 0) return unparsable("neither name among the likeliest tokens");
  return first / (first + second);
}

}  // namespace retort
