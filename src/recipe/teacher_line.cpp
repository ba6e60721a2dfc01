#include "recipe/teacher_line.h"

#include <cstdlib>

#include "base/format.h"
#include "chat/ask_once.h"
#include "recipe/frozen.h"

namespace retort {

Result<std::unique_ptr<TeacherLine>> TeacherLine::open(const Path& run_folder) {
  const RunFile file = RETORT_TRY(load_frozen(run_folder));
  const EndpointSection& section = file.teacher;
  auto line = std::make_unique<TeacherLine>();
  line->endpoint_.dialect = section.provider;
  line->endpoint_.base_url = section.base_url;
  line->endpoint_.model = section.model;
  line->endpoint_.timeout_ms = static_cast<int64_t>(section.timeout_s * 1'000);
  line->sampling_ = {
      .temperature = section.temperature, .top_p = section.top_p, .tokens_max = section.tokens_max};
  line->name_ = section.model.empty() ? "teacher" : section.model;
  if (!section.key_env.empty()) {
    const char* key = std::getenv(section.key_env.c_str());
    if (key == nullptr || *key == '\0')
      return Error{ErrorCode::Unauthorized,
                   format("the teacher needs the key in {}, which is not set; export it and ask again",
                          section.key_env)};
    line->endpoint_.key = key;
  }
  if (section.base_url == "practice") {
    line->practice_ = RETORT_TRY(practice::TeacherServer::start(file.practice, "127.0.0.1", 0));
    line->endpoint_.base_url = line->practice_->base_url();
    line->name_ = "practice teacher (rule-based, no LLM)";
  }
  line->transport_ = make_curl_transport(1);
  return line;
}

Result<ChatReply> TeacherLine::ask(std::span<const ChatMessage> messages) {
  return ask_once(endpoint_,
                  {.role = "teacher", .messages = {messages.begin(), messages.end()}, .sampling = sampling_},
                  *transport_);
}

}  // namespace retort
