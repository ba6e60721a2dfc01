// Self-Instruct (arXiv 2212.10560) and Alpaca's form of it (specs/orca_and_methods.md §2.1): several sample
// tasks in, a numbered list of new ones out, from one call. Alpaca's form brings each task's answer with it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat.h"
#include "roles/prompt.h"

namespace retort {

enum class BatchForm {
  Tasks,     // Self-Instruct: 8 samples, tasks alone
  Answered,  // Alpaca: 3 samples, tasks with input and output
};

struct BatchTask {
  std::string text;    // the instruction, and "\n" + input where there is one
  std::string output;  // Alpaca's answer; empty in the other form
};
struct BatchRequest {
  std::vector<BatchTask> samples;
  int64_t wanted = 8;         // new tasks
  int64_t attempt_index = 0;  // the call's sample index
};
struct TaskBatch {
  std::vector<BatchTask> tasks;
  std::string call_key;
};

// The tasks of a reply, in order: each begins with a line "Task 9: ..." (case and Markdown round it do not
// count); what stands before the first is no task. `Answered`: a block without an "Output:" line or with an
// empty output is none. Unparsable when no task is left.
Result<std::vector<BatchTask>> parse_batch(std::string_view text, BatchForm form);
// The samples as the prompt shows them, which parse_batch reads back.
std::string batch_text(std::span<const BatchTask> samples, BatchForm form);

class TaskBatcher {
 public:
  // Ours; NotFound never.
  static Result<Prompt> load_prompt(const Path& path, BatchForm form);
  // Self-Instruct: temperature 0.7, top-p 0.5, 1,024 tokens. Alpaca: 1.0, 1.0, 3,072.
  static ChatSampling default_sampling(BatchForm form);
  TaskBatcher(Chat& chat, Prompt prompt, ChatSampling sampling, BatchForm form);
  BatchForm form() const { return form_; }
  // One entry a request, in order. Of a reply that was cut at its limit Self-Instruct keeps nothing and
  // Alpaca all but the last task.
  std::vector<Result<TaskBatch>> write(std::span<const BatchRequest> requests);

 private:
  Result<TaskBatch> read(const Result<ChatReply>& reply) const;
  Chat& chat_;
  Prompt prompt_;
  ChatSampling sampling_;
  BatchForm form_;
};

}  // namespace retort
