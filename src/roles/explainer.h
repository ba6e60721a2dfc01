// The explainer: a teacher under one of Orca's system messages (arXiv 2306.02707), drawn for each instruction
// from what its sub-collection and form allow. Which one is a function of seed and text alone, so that two
// teachers of one run explain under the same message, and a student can be trained with it.
#pragma once

#include <string>
#include <vector>

#include "chat/chat.h"
#include "data/answer.h"
#include "roles/prompt.h"
#include "roles/system_message.h"

namespace retort {

class Explainer : public Answerer {
 public:
  // The 16 prompts, ours or those that `folder` has (explain_01.txt to explain_16.txt; empty: ours alone).
  static Result<std::vector<Prompt>> load_prompts(const Path& folder);
  // `otherwise`: the sub-collection of an instruction whose kind names none.
  Explainer(Chat& chat, std::vector<Prompt> prompts, ChatSampling sampling, uint64_t seed,
            SubCollection otherwise);

  // 1 to kSystemMessages.
  int message_number(const Instruction& instruction) const;
  // The message itself; empty for the first.
  std::string message(const Instruction& instruction) const;
  // As the teacher's: an empty text or a filtered reply is an Error.
  std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) override;

 private:
  const Prompt& prompt_of(const Instruction& instruction) const;
  Chat& chat_;
  std::vector<Prompt> prompts_;
  ChatSampling sampling_;
  uint64_t seed_;
  SubCollection otherwise_;
};

}  // namespace retort
