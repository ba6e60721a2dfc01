#include "roles/task_batch.h"

#include <algorithm>
#include <optional>

#include "base/words.h"

namespace retort {
namespace {

constexpr std::string_view kNoInput = "<none>";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

// What follows "name:" at the start of this line, emphasis round the name aside; `name` is lower-case.
std::optional<std::string_view> after_name(std::string_view line, std::string_view name) {
  const size_t begin = std::min(line.find_first_not_of("# \t*_"), line.size());
  line.remove_prefix(begin);
  if (!lower(line.substr(0, name.size())).starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  line.remove_prefix(std::min(line.find_first_not_of("*_ \t"), line.size()));
  if (!line.starts_with(':')) return std::nullopt;
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of("*_"), line.size()));
  return line;
}

// What follows "Task 12:" at the start of this line.
std::optional<std::string_view> after_number(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of("# \t*_"), line.size()));
  if (!lower(line.substr(0, 4)).starts_with("task")) return std::nullopt;
  line.remove_prefix(4);
  const size_t digit = line.find_first_not_of(' '), end = line.find_first_not_of("0123456789", digit);
  if (digit == 0 || digit == line.npos || end == digit || end == line.npos) return std::nullopt;
  return after_name(line.substr(end), "");
}

// One block under construction: its three parts, and which of them the next line belongs to.
struct Block {
  std::string parts[3];
  int part = 0;
  void begin(int which, std::string_view rest) {
    part = which;
    parts[part] = rest;
  }
};

std::optional<BatchTask> to_task(const Block& block, BatchForm form) {
  BatchTask task{.text = std::string(trim(block.parts[0])), .output = std::string(trim(block.parts[2]))};
  if (task.text.empty()) return std::nullopt;
  if (form == BatchForm::Tasks) return task;
  if (task.output.empty()) return std::nullopt;
  const std::string_view input = trim(block.parts[1]);
  const std::string name = lower(input);
  if (!input.empty() && name != kNoInput && name != "none" && name != "n/a" && name != "noinput")
    task.text += "\n" + std::string(input);
  return task;
}

}  // namespace

Result<std::vector<BatchTask>> parse_batch(std::string_view text, BatchForm form) {
  std::vector<BatchTask> tasks;
  std::optional<Block> block;
  auto close = [&] {
    if (!block) return;
    if (auto task = to_task(*block, form)) tasks.push_back(std::move(*task));
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto rest = after_number(line)) {
      close();
      block.emplace().begin(0, *rest);
    } else if (block && form == BatchForm::Answered && after_name(line, "input")) {
      block->begin(1, *after_name(line, "input"));
    } else if (block && form == BatchForm::Answered && after_name(line, "output")) {
      block->begin(2, *after_name(line, "output"));
    } else if (block) {
      block->parts[block->part] += format("\n{}", line);
    }
  }
  close();
  if (tasks.empty()) return Error{ErrorCode::Unparsable, "the reply holds no numbered task"};
  return tasks;
}

std::string batch_text(std::span<const BatchTask> samples, BatchForm form) {
  std::string text;
  for (size_t i = 0; i < samples.size(); ++i) {
    text += format("{}Task {}: {}\n", i == 0 ? "" : "\n", i + 1, samples[i].text);
    // A sample's material stands in its text already.
    if (form == BatchForm::Answered) text += format("Input: {}\nOutput: {}\n", kNoInput, samples[i].output);
  }
  return text;
}

Result<Prompt> TaskBatcher::load_prompt(const Path& path, BatchForm form) {
  return Prompt::load(path, form == BatchForm::Answered ? "self_instruct_alpaca" : "self_instruct");
}

ChatSampling TaskBatcher::default_sampling(BatchForm form) {
  if (form == BatchForm::Answered) return {.temperature = 1.0, .tokens_max = 3072};
  return {.temperature = 0.7, .top_p = 0.5, .tokens_max = 1024};
}

TaskBatcher::TaskBatcher(Chat& chat, Prompt prompt, ChatSampling sampling, BatchForm form)
    : chat_(chat), prompt_(std::move(prompt)), sampling_(std::move(sampling)), form_(form) {
  sampling_.prompt_hash = prompt_.hash();
}

Result<TaskBatch> TaskBatcher::read(const Result<ChatReply>& reply) const {
  if (!reply) return reply.error();
  if (reply->finish == Finish::Filter) return Error{ErrorCode::Filtered, "filtered"};
  const bool cut = reply->finish == Finish::Length;
  if (cut && form_ == BatchForm::Tasks) return Error{ErrorCode::Unparsable, "truncated"};
  TaskBatch batch{.tasks = RETORT_TRY(parse_batch(reply->text, form_)), .call_key = reply->call_key};
  if (cut) batch.tasks.pop_back();
  return batch;
}

std::vector<Result<TaskBatch>> TaskBatcher::write(std::span<const BatchRequest> requests) {
  std::vector<ChatRequest> chat_requests;
  for (const BatchRequest& request : requests) {
    const auto next = static_cast<int64_t>(request.samples.size()) + 1;
    chat_requests.push_back({.role = "generator",
                             .messages = prompt_.render({{"samples", batch_text(request.samples, form_)},
                                                         {"next", format("{}", next)},
                                                         {"last", format("{}", next + request.wanted - 1)}}),
                             .sampling = sampling_,
                             .sample_index = request.attempt_index});
  }
  std::vector<Result<TaskBatch>> batches;
  for (const Result<ChatReply>& reply : chat_.ask(chat_requests)) batches.push_back(read(reply));
  return batches;
}

}  // namespace retort
