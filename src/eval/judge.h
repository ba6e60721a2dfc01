// A judge: an LLM with its own endpoint that scores, grades or chooses, asked by our prompts
// (prompts/judge_*.txt, and prompts/referee.txt where evidence comes first) or by a user's files of the same
// names. Texts stand between random marks, so that an answer cannot close its own block.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "chat/chat.h"
#include "roles/prompt.h"

namespace retort {

struct JudgeCall {
  std::string prompt;  // "judge_scores"
  PromptSlots slots;   // all but the mark
  ChatSampling sampling;
  int64_t sample_index = 0;  // another opinion on the same
};

class Judge {
 public:
  // Prompts come from `folder` where it has NAME.txt, else ours; an empty folder: all ours. Malformed for a
  // file without the slots that ours has. `chat` outlives it.
  static Result<Judge> open(Chat& chat, const Path& folder, uint64_t seed);
  // One reply a call, in order; equal calls are asked once.
  std::vector<Result<ChatReply>> ask(std::span<const JudgeCall> calls);
  int64_t own_prompts() const { return own_prompts_; }  // how many are the user's

 private:
  Judge(Chat& chat, uint64_t seed) : chat_(&chat), seed_(seed) {}
  Chat* chat_;
  uint64_t seed_;
  std::map<std::string, Prompt> prompts_;
  int64_t own_prompts_ = 0;
};

}  // namespace retort
