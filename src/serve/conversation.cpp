#include "serve/conversation.h"

#include <cerrno>
#include <fstream>

#include "base/file.h"
#include "base/format.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/utf8.h"

namespace retort {
namespace {

constexpr std::string_view kHelp =
    "a line is a question; and\n"
    "  /compare       the teacher's answer to the last question\n"
    "  /reset         forget the conversation\n"
    "  /save FILE     write the conversation, one JSON line of messages, at the end of FILE\n"
    "  /system TEXT   begin anew with this system message\n"
    "  /help, /quit";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::string safe_lines(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find_first_of("\n\t");
    out += terminal_safe(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

Conversation::Conversation(LiveStudent& student, ConversationOptions options, Say say, AskTeacher ask_teacher)
    : student_(student),
      options_(std::move(options)),
      say_(std::move(say)),
      ask_teacher_(std::move(ask_teacher)) {
  reset();
}

void Conversation::reset() {
  messages_.clear();
  if (!options_.system.empty()) messages_.push_back({"system", options_.system});
}

// What the program says of itself, told apart from what models say.
void Conversation::note(std::string_view text) {
  const bool coloured = options_.style == ConversationOptions::Style::Coloured;
  say_(format("{}[{}]{}\n", coloured ? "\x1b[2m" : "", text, coloured ? "\x1b[0m" : ""));
}

Conversation::Next Conversation::take(std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return Next::GoOn;
  if (line[0] != '/') {
    answer(line);
    return Next::GoOn;
  }
  const size_t space = std::min(line.find(' '), line.size());
  const std::string_view command = line.substr(0, space), rest = trimmed(line.substr(space));
  if (command == "/quit" || command == "/exit") return Next::Quit;
  if (command == "/compare") {
    compare();
  } else if (command == "/save") {
    save(rest);
  } else if (command == "/reset" || command == "/system") {
    if (command == "/system") options_.system = rest;
    reset();
    note("a new conversation");
  } else if (command == "/help") {
    say_(std::string(kHelp) + "\n");
  } else {
    note(format("there is no {}; /help names what there is", terminal_safe(command)));
  }
  return Next::GoOn;
}

void Conversation::answer(std::string_view question) {
  messages_.push_back({"user", replace_invalid_utf8(question)});
  Result<std::vector<int32_t>> prompt = student_.prompt(messages_);
  const auto tokens = prompt ? static_cast<int64_t>(prompt->size()) : 0;
  if (!prompt || tokens >= student_.context()) {
    messages_.pop_back();
    note(!prompt ? terminal_safe(prompt.error().message)
                 : format("with this the conversation has {} tokens, the context is {}; /reset begins anew",
                          tokens, student_.context()));
    return;
  }
  messages_.push_back({"assistant", stream_answer(*std::move(prompt))});
}

std::string Conversation::stream_answer(std::vector<int32_t> prompt) {
  const int64_t id = ++asked_;
  student_.submit(id, {.prompt = std::move(prompt),
                       .stream = fnv1a64(messages_.back().content),
                       .settings = options_.settings});
  std::string answer;
  bool cut = false;
  while (!student_.is_idle()) {
    if (stop_requested()) student_.cancel(id);
    for (const LivePiece& piece : student_.step()) {
      answer += piece.text;
      say_(safe_lines(piece.text));
      cut = piece.finish == Finish::Length;
    }
  }
  say_("\n");
  if (cut) note("cut: its tokens were at an end");
  return answer;
}

void Conversation::compare() {
  if (messages_.empty() || messages_.back().role != "assistant") return note("nothing was asked yet");
  std::vector<ChatMessage> asked;
  for (size_t i = 0; i + 1 < messages_.size(); ++i)
    asked.push_back({messages_[i].role, messages_[i].content});
  const Result<std::string> said = ask_teacher_(asked);
  if (!said) return note(safe_lines(said.error().message));
  note("the student");
  say_(safe_lines(messages_.back().content) + "\n");
  note("the teacher");
  say_(safe_lines(*said) + "\n");
}

void Conversation::save(std::string_view path) {
  if (path.empty()) return note("/save needs the name of a file");
  Json list = Json::array();
  for (const Message& message : messages_)
    list.push(Json::object().set("role", message.role).set("content", message.content));
  errno = 0;
  std::ofstream file(std::string(path), std::ios::app);
  file << Json::object().set("messages", std::move(list)).dump() << "\n" << std::flush;
  note(file ? format("{} messages saved", messages_.size())
            : terminal_safe(system_error("write", Path(path), errno != 0 ? errno : EIO).message));
}

}  // namespace retort
