#include "eval/respondent.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/format.h"
#include "roles/teacher.h"

namespace retort {
namespace {

class ChatRespondent : public Respondent {
 public:
  ChatRespondent(Chat& chat, std::string name) : chat_(chat), name_(std::move(name)) {}
  std::string identity() const override { return name_; }
  size_t batch() const override { return SIZE_MAX; }

  std::vector<Result<Answer>> reply(std::span<const Conversation> conversations) override {
    std::vector<ChatRequest> requests;
    for (const Conversation& conversation : conversations)
      requests.push_back(
          {.role = "respondent",
           .messages = conversation.messages,
           .sampling = {.temperature = conversation.temperature, .tokens_max = conversation.tokens_max}});
    std::vector<Result<Answer>> answers;
    for (const Result<ChatReply>& reply : chat_.ask(requests))
      answers.push_back(reply ? read_answer(*reply) : Result<Answer>(reply.error()));
    return answers;
  }

 private:
  Chat& chat_;
  std::string name_;
};

class AnswererRespondent : public Respondent {
 public:
  AnswererRespondent(Answerer& answerer, AnswererOptions options)
      : answerer_(answerer), options_(std::move(options)) {}
  std::string identity() const override { return options_.identity; }
  size_t batch() const override { return options_.batch; }

  // One call for each temperature and limit, since the student has one for all it is asked at once.
  std::vector<Result<Answer>> reply(std::span<const Conversation> conversations) override {
    std::map<std::pair<double, int64_t>, std::vector<size_t>> groups;
    for (size_t i = 0; i < conversations.size(); ++i)
      groups[{conversations[i].temperature, conversations[i].tokens_max}].push_back(i);
    std::vector<Result<Answer>> answers(conversations.size(), Error{ErrorCode::BadReply, "not asked"});
    for (const auto& [sampling, members] : groups) {
      std::vector<Instruction> asked(members.size());
      for (size_t k = 0; k < members.size(); ++k)
        asked[k].text = conversation_text(conversations[members[k]].messages);
      if (options_.prepare) options_.prepare(sampling.first, sampling.second);
      std::vector<Result<Answer>> given = answerer_.answer(asked);
      RETORT_CHECK(given.size() == asked.size(), "{} answers to {} questions", given.size(), asked.size());
      for (size_t k = 0; k < members.size(); ++k) answers[members[k]] = std::move(given[k]);
    }
    return answers;
  }

 private:
  Answerer& answerer_;
  AnswererOptions options_;
};

}  // namespace

std::string conversation_text(std::span<const ChatMessage> messages) {
  if (messages.size() == 1) return messages[0].content;
  std::string text;
  for (size_t i = 0; i + 1 < messages.size(); ++i)
    text +=
        format("{}:\n{}\n\n", messages[i].role == "assistant" ? "Answer" : "Question", messages[i].content);
  return text + "Question:\n" + messages.back().content;
}

std::unique_ptr<Respondent> make_chat_respondent(Chat& chat, std::string name) {
  return std::make_unique<ChatRespondent>(chat, std::move(name));
}
std::unique_ptr<Respondent> make_answerer_respondent(Answerer& answerer, AnswererOptions options) {
  return std::make_unique<AnswererRespondent>(answerer, std::move(options));
}

}  // namespace retort
