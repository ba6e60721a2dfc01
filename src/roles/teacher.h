// The teacher: answers instructions. The user message is the Lion template without preamble (specs/lion.md
// §2.1).
#pragma once

#include "chat/chat.h"
#include "data/answer.h"
#include "roles/prompt.h"

namespace retort {

// The answer that a reply holds, without the margins around it. An empty text or a filtered reply is an
// Error.
Result<Answer> read_answer(const ChatReply& reply);

class Teacher : public Answerer {
 public:
  // Lion's sampling: temperature 0.7, 1,024 tokens (specs/lion.md §1.6).
  static ChatSampling default_sampling();
  Teacher(Chat& chat, Prompt prompt, ChatSampling sampling);
  // An empty text or a filtered reply is an Error: never a training target. An answer that was cut at its
  // token limit is an answer, and says so in its finish: it was paid for, and whoever trains or judges leaves
  // it out.
  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override;
  // The same, each index another call; 0 is what `answer` asks.
  std::vector<Result<Answer>> sample(std::span<const Instruction> instructions, int64_t index);

 private:
  Chat& chat_;
  Prompt prompt_;
  ChatSampling sampling_;
};

}  // namespace retort
