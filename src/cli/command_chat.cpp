// `retort chat TARGET`: talks to a student at the terminal, or answers the lines of a pipe; of a run's
// student /compare asks the teacher.
#include <cstdio>
#include <iostream>

#include "base/stop.h"
#include "cli/command.h"
#include "cli/target.h"
#include "cli/terminal_style.h"
#include "recipe/teacher_line.h"
#include "serve/conversation.h"

namespace retort {
namespace {

struct ChatOptions {
  std::string target, chat_template = "own", system, precision = "auto", device = "auto";
  double temperature = 0, top_p = 1;
  int64_t tokens_max = 0, seed = 0, threads = 0;
};

std::unique_ptr<LiveStudent> open_student(const ChatOptions& options, const Path& model) {
  LiveOptions live;
  live.student.chat_template = options.chat_template;
  live.student.device = options.device;
  live.student.precision = options.precision;
  live.student.threads = static_cast<int>(std::clamp<int64_t>(options.threads, -1, 2'000));
  live.slots = 1;
  return or_throw(LiveStudent::open(model, live));
}

// Opened when it is first asked for: a key or a practice teacher may be needed.
Conversation::AskTeacher ask_teacher_of(const Target& target) {
  if (!target.run)
    return [](std::span<const ChatMessage>) -> Result<std::string> {
      return Error{ErrorCode::InvalidArgument,
                   "a model folder has no teacher; chat with the run's folder to compare"};
    };
  return [run = *target.run, line = std::shared_ptr<TeacherLine>()](
             std::span<const ChatMessage> messages) mutable -> Result<std::string> {
    if (!line) line = RETORT_TRY(TeacherLine::open(run));
    return RETORT_TRY(line->ask(messages)).text;
  };
}

// One question may have several lines, all but the last ending in a backslash.
bool read_line(const char* prompt, std::string& line) {
  line.clear();
  std::fputs(prompt, stdout);
  std::fflush(stdout);
  for (std::string part; std::getline(std::cin, part);) {
    line += part;
    if (!line.ends_with('\\')) return true;
    line.back() = '\n';
  }
  return !line.empty();
}

int chat(const ChatOptions& options) {
  const Target target = open_target(options.target);
  if (target.model.empty())
    throw RunError(ErrorCode::NotFound, format("the run in {} has trained no student yet", options.target));
  ConversationOptions conversation_options{.system = options.system};
  conversation_options.settings = {.temperature = options.temperature,
                                   .top_p = options.top_p,
                                   .seed = static_cast<uint64_t>(options.seed)};
  if (options.tokens_max > 0) conversation_options.settings.tokens_max = options.tokens_max;
  if (wants_colours(STDOUT_FILENO)) conversation_options.style = ConversationOptions::Style::Coloured;
  const std::unique_ptr<LiveStudent> student = open_student(options, target.model);
  Conversation conversation(
      *student, conversation_options,
      [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
      },
      ask_teacher_of(target));
  const bool asks = is_terminal(STDIN_FILENO) && is_terminal(STDOUT_FILENO);
  if (asks)
    std::printf("%s: %lld tokens of context; /help names the commands\n", target.name.c_str(),
                static_cast<long long>(student->context()));
  std::string line;
  while (!stop_requested() && read_line(asks ? "> " : "", line))
    if (conversation.take(line) == Conversation::Next::Quit) break;
  return 0;
}

}  // namespace

Command chat_command() {
  static ChatOptions options;
  return {
      .name = "chat",
      .doc = "Talk to a student at the terminal, or answer the lines of a pipe, as one conversation",
      .flags = {{"target", "a run folder, a model folder or a GGUF file", &options.target,
                 Flag::Need::Required},
                {"--system", "the system message", &options.system},
                {"--template",
                 "own (the model's), practice, lion, alpaca, vicuna, chatml, llama2, llama3, ...",
                 &options.chat_template},
                {"--temperature", "0: greedy", &options.temperature},
                {"--top-p", "1: off", &options.top_p},
                {"--tokens-max", "most tokens of an answer; 0: what the context leaves", &options.tokens_max},
                {"--seed", "of the random streams", &options.seed},
                {"--precision", "auto, fp32, bf16 or int8", &options.precision},
                {"--device", "auto, cpu or cuda", &options.device},
                {"--threads", "processor threads; 0: one a core", &options.threads}},
      .run = [] { return chat(options); }};
}

}  // namespace retort
