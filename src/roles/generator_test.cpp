#include "roles/generator.h"

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

Generator make_generator(Chat& chat, Generator::Options options = {}) {
  return Generator(chat, or_throw(Prompt::named("generate_hard")), or_throw(Prompt::named("generate_easy")),
                   options);
}
std::vector<Result<Draft>> written(Chat& chat, std::vector<WriteRequest> requests,
                                   Generator::Options options = {}) {
  return make_generator(chat, options).write(requests);
}
std::string drafted(std::string reply) {
  ScriptedChat chat([&](const ChatRequest&, size_t) { return plain_reply(reply); });
  return written(chat, {{.seed_text = "seed"}})[0]->text;
}
int64_t limit_for(std::string seed, Generator::Options options = {}) {
  ScriptedChat chat([&](const ChatRequest&, size_t) { return plain_reply("x"); });
  written(chat, {{.seed_text = std::move(seed)}}, options);
  return chat.asked[0].sampling.tokens_max;
}

TEST_CASE("each mode asks with its own prompt and the attempt as sample index") {
  ScriptedChat chat([](const ChatRequest&, size_t) { return plain_reply("Write a poem about rain"); });
  std::vector<Result<Draft>> drafts =
      written(chat, {{"Sort: 3 1 2", WriteMode::SameTask, 7}, {"Sort: 3 1 2", WriteMode::Rarer, 8}});
  REQUIRE(drafts.size() == 2);
  CHECK(drafts[0]->text == "Write a poem about rain");
  CHECK(drafts[0]->call_key == "key");
  Prompt hard = or_throw(Prompt::named("generate_hard")), easy = or_throw(Prompt::named("generate_easy"));
  CHECK(hard.match(chat.asked[0].messages) == PromptSlots{{"seed", "Sort: 3 1 2"}});
  CHECK(easy.match(chat.asked[1].messages) == PromptSlots{{"seed", "Sort: 3 1 2"}});
  CHECK(chat.asked[0].sampling.prompt_hash == hard.hash());
  CHECK(chat.asked[1].sampling.prompt_hash == easy.hash());
  CHECK(chat.asked[0].sample_index == 7);
  CHECK(chat.asked[1].sample_index == 8);
  CHECK(chat.asked[0].role == "generator");
  CHECK(chat.asked[0].sampling.temperature == 1.0);
  CHECK(chat.asked[0].sampling.top_p == 1.0);
}

TEST_CASE("a reply is cut at four tokens a seed word, but not below the floor") {
  CHECK(limit_for("one two three") == 64);
  CHECK(limit_for("one two\nthree", {.tokens_min = 0}) == 12);
  CHECK(limit_for("one two three", {.tokens_per_seed_word = 1.5, .tokens_min = 0}) == 5);
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "word ";
  CHECK(limit_for(hundred) == 400);
  CHECK(limit_for("", {.tokens_min = 0}) == 1);  // no API takes 0
}

TEST_CASE("a draft loses white space and one pair of quotation marks") {
  CHECK(drafted(" \nName a colour.\n") == "Name a colour.");
  CHECK(drafted("\"Name a colour.\"") == "Name a colour.");
  CHECK(drafted("\u201C Name a colour. \u201D\n") == "Name a colour.");
  CHECK(drafted("\"\"Name\"\"") == "\"\"Name\"\"");
  CHECK(drafted("\"Yes\" or \"no\"") == "\"Yes\" or \"no\"");
  CHECK(drafted("'Don't' is what?'") == "'Don't' is what?'");
  CHECK(drafted("\"") == "\"");
  CHECK(drafted("\"\"") == "");
  CHECK(drafted("") == "");
}

TEST_CASE("how a draft ended goes to the filters, a failed call stays an error") {
  ScriptedChat chat([](const ChatRequest&, size_t i) {
    return i == 0 ? Result<ChatReply>(plain_reply("cut", Finish::Length)) : Error{ErrorCode::Timeout, "slow"};
  });
  std::vector<Result<Draft>> drafts = written(chat, {{.seed_text = "a"}, {.seed_text = "b"}});
  CHECK(drafts[0]->finish == Finish::Length);
  CHECK(drafts[1].error().code == ErrorCode::Timeout);
}

}  // namespace
}  // namespace retort
