// The classifier: which of TAPIR's 32 tasks an instruction is (data/task_label.h), and how sure the LLM is
// (specs/tapir.md §1.5). What cannot be read is unlabelled: never "Others", which is a label of its own.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat.h"
#include "data/task_label.h"
#include "roles/prompt.h"

namespace retort {

struct TaskGuess {
  const TaskLabel* label = nullptr;  // never null
  std::optional<double> confidence;  // 0 to 1; nothing: the reply gave no number from 0 to 100
};

// Strict: one line "Task: Math" with a label's name and nothing else, and nothing after it but the line
// "Confidence: 80". Tolerant only in how that is decorated (case, Markdown emphasis, a bullet, quotation
// marks, a full stop) and for a reply that is one label and nothing else. A sentence that names labels is no
// label line, so "This is not Math; it is Reasoning" is unlabelled. Unparsable with one of four fixed
// reasons: no task line, no such label, labelled twice, text after the label.
Result<TaskGuess> parse_classifier_reply(std::string_view text);

class Classifier {
 public:
  // Greedy, and few tokens: one sentence and two lines.
  static ChatSampling default_sampling();
  // `seed` makes the delimiters.
  Classifier(Chat& chat, Prompt prompt, ChatSampling sampling, uint64_t seed);
  // One entry an instruction, in order; a failed, cut or unreadable reply is an Error with its reason.
  std::vector<Result<TaskGuess>> classify(std::span<const std::string_view> instructions);

 private:
  Chat& chat_;
  Prompt prompt_;
  ChatSampling sampling_;
  uint64_t seed_;
};

}  // namespace retort
