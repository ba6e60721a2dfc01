// The referee: reads two answers to one instruction, writes its evidence first and then a score from 1 to 10
// for each (FairEval's layout, as Lion uses it: specs/lion.md §3.1). Both orders are asked apart. The
// delimiters around the answers are random per request, so that an answer cannot close its own block; score
// lines inside an answer are the answer's, and the parser never sees them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat.h"
#include "data/verdict.h"
#include "roles/prompt.h"

namespace retort {

struct Match {
  int64_t instruction_id = 0;
  std::string instruction, teacher_answer, student_answer;
  // Part of the fence mark: the same pair of answers in another round is another call and another opinion, as
  // in Lion. Leave it 0 in all rounds, and an unchanged pair keeps its verdict without a call.
  int round = 0;
};

struct RefereeScores {
  double first = 0, second = 0;  // 1 to 10
};
// Strict on what counts, tolerant on how it is written: reads every line that starts with a score label
// ("Score of answer A: 7"), in either order, with decimals, "8/10", Markdown emphasis, a list number, a
// closing remark; a line quoted with ">" is not the referee's. Unparsable with one of five fixed reasons
// otherwise: no score lines, only one answer scored, no number, out of range, scored twice with different
// numbers. It cannot know that a reply was cut inside its last number; `judge` refuses cut replies unread.
Result<RefereeScores> parse_referee_reply(std::string_view text);

// The teacher's answer first, and where the orders are swapped the student's first as well.
inline std::span<const Order> orders_asked(bool order_swap) {
  static constexpr Order kBoth[] = {Order::TeacherFirst, Order::StudentFirst};
  return std::span(kBoth).first(order_swap ? 2 : 1);
}

class Referee {
 public:
  // Lion's sampling: temperature 0.2, 512 tokens (specs/lion.md §1.6).
  static ChatSampling default_sampling();
  // `seed` makes the delimiters.
  Referee(Chat& chat, Prompt prompt, ChatSampling sampling, uint64_t seed);
  // One verdict a match, in order, for the first of the orders, then for the next; all are asked at once. An
  // unparsable, truncated or failed reply is a verdict without scores, with the reason.
  std::vector<Verdict> judge(std::span<const Match> matches, std::span<const Order> orders);

 private:
  Chat& chat_;
  Prompt prompt_;
  ChatSampling sampling_;
  uint64_t seed_;
};

}  // namespace retort
