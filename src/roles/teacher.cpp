#include "roles/teacher.h"

#include "base/words.h"

namespace retort {
namespace {

// Blank lines in front and white space behind are no part of an answer; indentation of the first line is.
std::string_view without_margins(std::string_view text) {
  text = trim_end(text);
  size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  size_t line_end = text.substr(0, first).rfind('\n');
  return line_end == std::string_view::npos ? text : text.substr(line_end + 1);
}

}  // namespace

Result<Answer> read_answer(const ChatReply& reply) {
  if (reply.finish == Finish::Filter)
    return Error{ErrorCode::Filtered, "the content filter removed the answer"};
  std::string_view text = without_margins(reply.text);
  if (text.empty()) return Error{ErrorCode::Unparsable, "the answer is empty"};
  return Answer{.text = std::string(text),
                .reasoning = reply.reasoning,
                .finish = reply.finish,
                .tokens_in = reply.tokens_in,
                .tokens_out = reply.tokens_out,
                .call_key = reply.call_key};
}

ChatSampling Teacher::default_sampling() { return {.temperature = 0.7, .tokens_max = 1024}; }

Teacher::Teacher(Chat& chat, Prompt prompt, ChatSampling sampling)
    : chat_(chat), prompt_(std::move(prompt)), sampling_(std::move(sampling)) {
  sampling_.prompt_hash = prompt_.hash();
}

std::vector<Result<Answer>> Teacher::answer(std::span<const Instruction> instructions) {
  return sample(instructions, 0);
}

std::vector<Result<Answer>> Teacher::sample(std::span<const Instruction> instructions, int64_t index) {
  std::vector<ChatRequest> requests;
  for (const Instruction& instruction : instructions)
    requests.push_back({.role = "teacher",
                        .messages = prompt_.render({{"instruction", instruction.text}}),
                        .sampling = sampling_,
                        .sample_index = index});
  std::vector<Result<Answer>> answers;
  for (const Result<ChatReply>& reply : chat_.ask(requests))
    answers.push_back(reply ? read_answer(*reply) : Result<Answer>(reply.error()));
  return answers;
}

}  // namespace retort
