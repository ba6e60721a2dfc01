// A conversation with a student at a terminal or through a pipe: a line is a question, its answer comes as it
// is made; lines that begin with "/" are commands. What models say reaches a terminal without control
// characters.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/chat.h"
#include "student/live.h"

namespace retort {

struct ConversationOptions {
  std::string system;  // the system message; empty: none
  LiveSettings settings = {.temperature = 0};
  enum class Style { Plain, Coloured } style = Style::Plain;
};

class Conversation {
 public:
  using Say = std::function<void(std::string_view)>;
  // The teacher's answer to the same messages; an Error that says why there is none.
  using AskTeacher = std::function<Result<std::string>(std::span<const ChatMessage>)>;
  enum class Next { GoOn, Quit };

  // `student` must outlive it.
  Conversation(LiveStudent& student, ConversationOptions options, Say say, AskTeacher ask_teacher);
  // One line of input, without its end. Blank lines are passed over.
  Next take(std::string_view line);
  const std::vector<Message>& messages() const { return messages_; }

 private:
  void answer(std::string_view question);
  void compare();
  void save(std::string_view path);
  void reset();
  void note(std::string_view text);
  std::string stream_answer(std::vector<int32_t> prompt);

  LiveStudent& student_;
  ConversationOptions options_;
  Say say_;
  AskTeacher ask_teacher_;
  std::vector<Message> messages_;
  int64_t asked_ = 0;
};

// Line by line terminal_safe: line breaks and tabs stay what they are.
std::string safe_lines(std::string_view text);

}  // namespace retort
