#include "roles/referee.h"

#include "roles/fence.h"

namespace retort {
namespace {

std::string mark_of(uint64_t seed, const Match& match, Order order) {
  const std::string_view fenced[] = {match.instruction, match.teacher_answer, match.student_answer};
  return fence_mark(
      format("fence/{}/{}/{}/{}", seed, match.instruction_id, match.round, static_cast<int>(order)), fenced);
}

// Short fixed texts, so that reasons can be counted.
std::string failure_reason(const Error& error) {
  if (error.code == ErrorCode::Filtered) return "filtered";
  return format("call failed: {}", error_code_name(error.code));
}

Verdict to_verdict(const Match& match, Order order, const Result<ChatReply>& reply) {
  Verdict verdict{.instruction_id = match.instruction_id, .order = order};
  if (!reply) {
    verdict.reason = failure_reason(reply.error());
    return verdict;
  }
  verdict.call_key = reply->call_key;
  // Even when scores seem to be there: a cut may have made a 1 of a 10.
  if (reply->finish == Finish::Length) verdict.reason = "truncated";
  if (reply->finish == Finish::Filter) verdict.reason = "filtered";
  if (!verdict.reason.empty()) return verdict;
  Result<RefereeScores> scores = parse_referee_reply(reply->text);
  if (!scores) {
    verdict.reason = scores.error().message;
    return verdict;
  }
  bool teacher_first = order == Order::TeacherFirst;
  verdict.teacher_score = teacher_first ? scores->first : scores->second;
  verdict.student_score = teacher_first ? scores->second : scores->first;
  return verdict;
}

}  // namespace

ChatSampling Referee::default_sampling() { return {.temperature = 0.2, .tokens_max = 512}; }

Referee::Referee(Chat& chat, Prompt prompt, ChatSampling sampling, uint64_t seed)
    : chat_(chat), prompt_(std::move(prompt)), sampling_(std::move(sampling)), seed_(seed) {
  sampling_.prompt_hash = prompt_.hash();
}

std::vector<Verdict> Referee::judge(std::span<const Match> matches, std::span<const Order> orders) {
  std::vector<ChatRequest> requests;
  for (Order order : orders)
    for (const Match& match : matches) {
      const bool teacher_first = order == Order::TeacherFirst;
      const PromptSlots slots = {{"instruction", match.instruction},
                                 {"first", teacher_first ? match.teacher_answer : match.student_answer},
                                 {"second", teacher_first ? match.student_answer : match.teacher_answer},
                                 {"nonce", mark_of(seed_, match, order)}};
      requests.push_back({.role = "referee", .messages = prompt_.render(slots), .sampling = sampling_});
    }
  const std::vector<Result<ChatReply>> replies = chat_.ask(requests);
  RETORT_CHECK(replies.size() == requests.size(), "{} replies to {} requests", replies.size(),
               requests.size());
  std::vector<Verdict> verdicts;
  for (Order order : orders)
    for (const Match& match : matches) verdicts.push_back(to_verdict(match, order, replies[verdicts.size()]));
  return verdicts;
}

}  // namespace retort
