#include "roles/explainer.h"

#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

using enum SubCollection;
using enum QuestionForm;

// Figure 6 of the paper, decoded (specs/orca_and_methods.md §1.1): the frequency of messages 1 to 16.
struct Panel {
  SubCollection collection;
  double choice_share;  // of multiple-choice queries
  std::array<double, 16> frequency;
};
const Panel kPanels[] = {
    {Cot, 0, {0, 0, 0, 0, 0, .3325, 0, 0, 0, 0, .3330, 0, 0, 0, 0, .3345}},
    {NaturalInstructions,
     0,
     {.1120, .1122, 0, 0, .1121, 0, .1123, 0, .1119, 0, 0, .1133, .1131, .0998, .1134, 0}},
    {T0, .013, {.1994, .1995, .1992, 0, .1996, 0, .2001, 0, 0, .0022, 0, 0, 0, 0, 0, 0}},
    {Flan2021, .501, {0, 0, .2664, .2666, 0, 0, .2665, .1002, 0, .1003, 0, 0, 0, 0, 0, 0}}};

TEST_CASE("over 100,000 draws each message is as frequent as in the paper's figure, within half a point") {
  for (const Panel& panel : kPanels) {
    std::array<int, 16> drawn{};
    constexpr int kDraws = 100'000;
    for (int i = 0; i < kDraws; ++i) {
      Random random(5, sub_collection_name(panel.collection), static_cast<uint64_t>(i));
      const QuestionForm form = random.chance(panel.choice_share) ? MultipleChoice : Open;
      ++drawn[static_cast<size_t>(draw_system_message(panel.collection, form, random) - 1)];
    }
    for (size_t m = 0; m < 16; ++m) {
      INFO(sub_collection_name(panel.collection), " message ", m + 1);
      CHECK(std::abs(drawn[m] / double(kDraws) - panel.frequency[m]) < 0.005);
      CHECK((drawn[m] == 0) == (panel.frequency[m] == 0));
    }
  }
}

TEST_CASE("the two messages about options are drawn for multiple choice alone") {
  for (SubCollection collection : {Cot, NaturalInstructions, T0, Flan2021})
    for (int message : system_messages_for(collection, Open)) CHECK((message != 8 && message != 10));
  CHECK(system_messages_for(Flan2021, MultipleChoice).size() == 5);
}

TEST_CASE("a kind may name its sub-collection") {
  CHECK(find_sub_collection("niv2.task12") == NaturalInstructions);
  CHECK(find_sub_collection("FLAN/anli") == Flan2021);
  CHECK(find_sub_collection("t0:x") == T0);
  CHECK(find_sub_collection("cot") == Cot);
  CHECK_FALSE(find_sub_collection("sort/2"));
  CHECK_FALSE(find_sub_collection(""));
}

TEST_CASE("multiple choice is seen by its options") {
  for (const char* text :
       {"Which is a fruit?\nA) stone\nB) apple\nC) chair", "Which is a fruit?\n(A) stone\n(B) apple",
        "Which is a fruit?\nA. stone\nB. apple", "Which is a fruit?\n[a] stone\n[b] apple",
        "Which is a fruit? (A) stone (B) apple (C) chair", "Does it follow?\nOPTIONS:\n- yes\n- no",
        "Choose the right option.\n1. stone\n2. apple", "Q\n  a) x\n\n  b) y\n"})
    CHECK_MESSAGE(question_form(text) == MultipleChoice, text);
}

TEST_CASE("what only looks like options is an open question") {
  for (const char* text :
       {"", "Name a fruit.", "A) is the only line", "B) one\nC) two",
        "1. Heat the oil.\n2. Add the onion.\nWhat comes next?", "Plan A. Then plan B. Which?",
        "Options:\n- one alone", "Sort: A B C", "f(a) + f(b) + g(c) is odd?", "I. Introduction\nII. Method",
        "See section (B) and then (A)."})
    CHECK_MESSAGE(question_form(text) == Open, text);
}

TEST_CASE(
    "the sixteen messages are all different, the first is empty, and each passes the query on unchanged") {
  const std::vector<Prompt> prompts = or_throw(Explainer::load_prompts(""));
  std::set<std::string> texts;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto messages = prompts[i].render({{"instruction", "Q {x}\n"}});
    CHECK(messages.size() == (i == 0 ? 1 : 2));
    CHECK(messages.back().content == "Q {x}\n");
    texts.insert(i == 0 ? std::string() : messages.front().content);
  }
  CHECK(texts.size() == kSystemMessages);
}

TEST_CASE("an instruction is explained under one message, whoever the teacher and whatever its row") {
  ScriptedChat chat([](const ChatRequest& request, size_t) {
    return plain_reply(request.messages.size() == 1 ? "\nshort\n" : "Because of this.\nlong");
  });
  Explainer first(chat, or_throw(Explainer::load_prompts("")), {}, 1, T0);
  Explainer second(chat, or_throw(Explainer::load_prompts("")), {.temperature = 0}, 1, T0);
  std::vector<Instruction> asked;
  for (int64_t i = 1; i <= 200; ++i) asked.push_back({.id = i, .text = format("Say {}", i)});
  std::map<int, int> seen;
  for (Instruction instruction : asked) {
    const int number = first.message_number(instruction);
    instruction.id += 1'000;
    CHECK(second.message_number(instruction) == number);
    ++seen[number];
  }
  CHECK(seen.size() == 5);
  const auto answers = first.answer(asked);
  for (size_t i = 0; i < asked.size(); ++i) {
    const bool empty = first.message_number(asked[i]) == 1;
    CHECK(answers[i]->text == (empty ? "short" : "Because of this.\nlong"));
    CHECK(first.message(asked[i]).empty() == empty);
    CHECK(chat.asked[i].role == "explainer");
  }
}

}  // namespace
}  // namespace retort
