// The teacher of a run, for a person who wants to hear it beside the student: asked as the run asks it, but
// nothing is stored, and nothing counts towards the run's budget.
#pragma once

#include <memory>
#include <span>

#include "chat/chat.h"
#include "practice/teacher.h"
#include "recipe/run_file.h"

namespace retort {

class TeacherLine {
 public:
  // NotFound or Malformed when the run's file cannot be read; Unauthorized when its key is not set. The
  // practice teacher is started where it is the teacher.
  static Result<std::unique_ptr<TeacherLine>> open(const Path& run_folder);
  Result<ChatReply> ask(std::span<const ChatMessage> messages);
  const std::string& name() const { return name_; }

 private:
  EndpointOptions endpoint_;
  ChatSampling sampling_;
  std::string name_;
  std::unique_ptr<practice::TeacherServer> practice_;
  std::unique_ptr<HttpTransport> transport_;
};

}  // namespace retort
