// A Chat for tests: keeps what it was asked and answers from a function.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "chat/chat.h"

namespace retort {

class ScriptedChat : public Chat {
 public:
  using Script = std::function<Result<ChatReply>(const ChatRequest& request, size_t index)>;
  explicit ScriptedChat(Script script) : script_(std::move(script)) {}
  std::vector<Result<ChatReply>> ask(std::span<const ChatRequest> requests) override {
    std::vector<Result<ChatReply>> replies;
    for (const ChatRequest& request : requests) {
      replies.push_back(script_(request, asked.size()));
      asked.push_back(request);
    }
    return replies;
  }
  std::vector<ChatRequest> asked;

 private:
  Script script_;
};

inline ChatReply plain_reply(std::string text, Finish finish = Finish::Stop) {
  return {.text = std::move(text), .finish = finish, .tokens_in = 3, .tokens_out = 5, .call_key = "key"};
}

}  // namespace retort
