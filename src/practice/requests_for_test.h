// Request bodies as the product's own rooms send them; for tests of the practice teacher only.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "roles/prompt.h"

namespace retort::practice {

inline Json request_of(const std::vector<ChatMessage>& messages) {
  Json list = Json::array();
  for (const ChatMessage& message : messages)
    list.push(Json::object().set("role", message.role).set("content", message.content));
  return Json::object().set("model", "any").set("temperature", 0.7).set("messages", std::move(list));
}

inline Json prompt_request(std::string_view prompt, const PromptSlots& slots) {
  return request_of(or_throw(Prompt::named(prompt)).render(slots));
}
inline Json teacher_request(const std::string& instruction) {
  return prompt_request("teacher", {{"instruction", instruction}});
}
inline Json referee_request(const std::string& instruction, const std::string& first,
                            const std::string& second, const std::string& nonce = "k7") {
  return prompt_request(
      "referee", {{"instruction", instruction}, {"first", first}, {"second", second}, {"nonce", nonce}});
}
inline Json generator_request(const std::string& seed, const char* prompt = "generate_hard") {
  return prompt_request(prompt, {{"seed", seed}});
}

inline std::string content_of(const std::string& reply_body) {
  Result<Json> reply = parse_json(reply_body);
  return reply ? std::string(reply->at_path("choices/0/message/content").string_or("?")) : "?";
}

}  // namespace retort::practice
