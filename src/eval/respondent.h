// Who answers a suite's questions: an endpoint, a student, or a file of answers that somebody else made. Like
// an Answerer, but asked in conversations, each with its own temperature and limit, as MT-Bench wants it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chat/chat.h"
#include "data/answer.h"

namespace retort {

struct Conversation {
  std::vector<ChatMessage> messages;  // "user" and "assistant" in turn, the last one's the user's
  double temperature = 0;
  int64_t tokens_max = 1024;
};

class Respondent {
 public:
  virtual ~Respondent() = default;
  // One entry a conversation, in order; a failed one is an Error. Throws RunError for what ends the run.
  virtual std::vector<Result<Answer>> reply(std::span<const Conversation> conversations) = 0;
  // Says who answers and how, so that stored answers are used for that one alone.
  virtual std::string identity() const = 0;
  // How many to ask for at once. An endpoint is given all, so that it is never idle; each reply is stored as
  // it comes. A student's answers are stored a batch at a time.
  virtual size_t batch() const = 0;
};

// `name` goes into the identity, beside what the chat's requests say. `chat` outlives it.
std::unique_ptr<Respondent> make_chat_respondent(Chat& chat, std::string name);

// Any Answerer. It is asked texts: a conversation's earlier turns stand before its last question, each under
// a line that says whose it is. `prepare` is told temperature and tokens before each batch; empty: nobody.
struct AnswererOptions {
  std::string identity;
  size_t batch = 256;
  std::function<void(double temperature, int64_t tokens_max)> prepare;
};
std::unique_ptr<Respondent> make_answerer_respondent(Answerer& answerer, AnswererOptions options);

// What make_answerer_respondent asks for that conversation.
std::string conversation_text(std::span<const ChatMessage> messages);

}  // namespace retort
