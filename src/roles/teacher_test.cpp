#include "roles/teacher.h"

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

std::vector<Result<Answer>> answered(Chat& chat, const std::vector<std::string>& texts) {
  std::vector<Instruction> instructions;
  for (const std::string& text : texts) instructions.push_back({.id = 1, .text = text});
  return Teacher(chat, or_throw(Prompt::named("teacher")), Teacher::default_sampling()).answer(instructions);
}
Result<Answer> answer_to(Result<ChatReply> reply) {
  ScriptedChat chat([&](const ChatRequest&, size_t) { return reply; });
  return answered(chat, {"x"})[0];
}

TEST_CASE("the teacher answers each instruction, in order, with Lion's sampling") {
  ScriptedChat chat([](const ChatRequest& request, size_t i) {
    return plain_reply(format("{}: {}", i, request.messages[1].content.size()));
  });
  std::vector<Result<Answer>> answers = answered(chat, {"a", "bb"});
  REQUIRE(answers.size() == 2);
  CHECK(answers[1]->text == "1: 35");
  CHECK(answers[1]->tokens_in == 3);
  CHECK(answers[1]->tokens_out == 5);
  CHECK(answers[1]->call_key == "key");
  CHECK(chat.asked[0].role == "teacher");
  CHECK(chat.asked[0].sampling.temperature == 0.7);
  CHECK(chat.asked[0].sampling.tokens_max == 1024);
  CHECK(chat.asked[0].sampling.prompt_hash == or_throw(Prompt::named("teacher")).hash());
}

TEST_CASE("what must never be trained on is an error") {
  CHECK(answer_to(plain_reply("gone", Finish::Filter)).error().code == ErrorCode::Filtered);
  CHECK(answer_to(plain_reply("")).error().code == ErrorCode::Unparsable);
  CHECK(answer_to(plain_reply(" \n\u00A0\n")).error().code == ErrorCode::Unparsable);
  CHECK(answer_to(Error{ErrorCode::Timeout, "slow"}).error().code == ErrorCode::Timeout);
}

TEST_CASE("an answer that was cut at its limit is kept, and says so") {
  Result<Answer> cut = answer_to(plain_reply("cut he", Finish::Length));
  REQUIRE(cut);
  CHECK(cut->text == "cut he");
  CHECK(cut->finish == Finish::Length);
}

TEST_CASE("one failed item does not stop the others") {
  ScriptedChat chat([](const ChatRequest&, size_t i) {
    return i == 0 ? Result<ChatReply>(Error{ErrorCode::ServerError, "500"}) : plain_reply("yes");
  });
  std::vector<Result<Answer>> answers = answered(chat, {"a", "b"});
  CHECK(!answers[0]);
  CHECK(answers[1]->text == "yes");
}

TEST_CASE("blank lines around an answer go, the first line's indentation stays") {
  CHECK(answer_to(plain_reply("\n \n    return x\n\n"))->text == "    return x");
  CHECK(answer_to(plain_reply("  a\n b "))->text == "  a\n b");
}

}  // namespace
}  // namespace retort
