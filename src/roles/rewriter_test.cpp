#include "roles/rewriter.h"

#include <set>

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

std::string read(std::string_view reply) {
  const Result<std::string> text = parse_rewriter_reply(reply, "m1");
  return text ? *text : text.error().message;
}

TEST_CASE("the new answer is what stands between the fences, without margins") {
  CHECK(read("[m1 new answer begins]\n1. Add.\n\n4\n[m1 new answer ends]") == "1. Add.\n\n4");
  CHECK(read("Sure, here it is:\n[m1 new answer begins]\n\n    indented\n[m1 new answer ends]\nBye") ==
        "    indented");
  CHECK(read("[m1 new answer begins] 4 [m1 new answer ends]") == " 4");
}

TEST_CASE("a reply without both fences, or with one of them twice, is none") {
  for (const char* reply :
       {"", "4", "[m1 new answer begins]\n4", "4\n[m1 new answer ends]",
        "[m1 new answer ends]\n4\n[m1 new answer begins]", "[m2 new answer begins]\n4\n[m2 new answer ends]",
        "[m1 new answer begins]\n4\n[m1 new answer begins]\n5\n[m1 new answer ends]",
        "[m1 new answer begins]\n4\n[m1 new answer ends]\n5\n[m1 new answer ends]"})
    CHECK_MESSAGE(read(reply) == "no new answer", reply);
  CHECK(read("[m1 new answer begins]\n \n[m1 new answer ends]") == "the new answer is empty");
}

TEST_CASE(
    "every task has its style, policy answers alone are never rewritten, and each style has its prompt") {
  CHECK(style_of_kind("Math") == AnswerStyle::Derivation);
  CHECK(style_of_kind("code debug") == AnswerStyle::Debug);
  CHECK(style_of_kind("Roleplay") == AnswerStyle::Voice);
  CHECK(style_of_kind("Toxicity") == AnswerStyle::Policy);
  CHECK(style_of_kind("sort/2") == AnswerStyle::Knowledge);
  const auto prompts = or_throw(Rewriter::load_prompts(""));
  std::set<std::string> hashes;
  for (const TaskLabel& label : task_labels()) {
    CHECK(prompts.contains(label.style) == (label.style != AnswerStyle::Policy));
    if (label.style != AnswerStyle::Policy) hashes.insert(prompts.at(label.style).hash());
  }
  CHECK(hashes.size() == 7);
  for (const auto& [style, prompt] : prompts)
    CHECK(prompt.slot_names() == std::set<std::string>{"answer", "instruction", "nonce"});
}

TEST_CASE("a rewrite asks with its style's prompt and reads the answer between its own marks") {
  const auto prompts = or_throw(Rewriter::load_prompts(""));
  ScriptedChat chat([&](const ChatRequest& request, size_t i) {
    const auto& prompt = prompts.at(i == 0 ? AnswerStyle::Code : AnswerStyle::Voice);
    const PromptSlots slots = prompt.match(request.messages).value();
    const std::string mark = slots.at("nonce");
    return plain_reply(
        format("[{} new answer begins]\nbetter {}\n[{} new answer ends]", mark, slots.at("answer"), mark));
  });
  Rewriter rewriter(chat, prompts, Rewriter::default_sampling(), 1);
  const RewriteRequest requests[] = {{"write f", "f() {}", AnswerStyle::Code},
                                     {"be a pirate", "arr", AnswerStyle::Voice}};
  const auto answers = rewriter.rewrite(requests);
  CHECK(answers[0]->text == "better f() {}");
  CHECK(answers[0]->call_key == "key");
  CHECK(answers[1]->text == "better arr");
  CHECK(chat.asked[0].role == "rewriter");
  CHECK(chat.asked[0].sampling.prompt_hash == prompts.at(AnswerStyle::Code).hash());
}

TEST_CASE("a cut rewrite is an error, also when its fences are there") {
  ScriptedChat chat([](const ChatRequest&, size_t) { return plain_reply("x", Finish::Length); });
  Rewriter rewriter(chat, or_throw(Rewriter::load_prompts("")), Rewriter::default_sampling(), 1);
  const RewriteRequest requests[] = {{"a", "b", AnswerStyle::Format}};
  CHECK(rewriter.rewrite(requests)[0].error().message == "truncated");
}

}  // namespace
}  // namespace retort
