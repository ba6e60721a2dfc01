#include "roles/classifier.h"

#include "base/random.h"
#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

// "Math 80", "Math -" without a confidence, or why there is none.
std::string read(std::string_view reply) {
  const Result<TaskGuess> guess = parse_classifier_reply(reply);
  if (!guess) return guess.error().message;
  return format("{} {}", guess->label->name,
                guess->confidence ? format("{:.0f}", 100 * *guess->confidence) : std::string("-"));
}

TEST_CASE("a reply in the layout gives its label and its confidence") {
  CHECK(read("Reason: it asks for a sum.\nTask: Math\nConfidence: 80") == "Math 80");
  CHECK(read("Reason: x\n\n**Task:** Code Debug\n**Confidence:** 100 %\n") == "Code Debug 100");
  CHECK(read("- Task: `common sense`.\n- Confidence: 7/100.") == "Common-Sense 7");
  CHECK(read("task : \"Others\"\r\nconfidence: 0\r\n") == "Others 0");
  CHECK(read("Task: Math\nTask: Math\nConfidence: 5") == "Math 5");
  for (const TaskLabel& label : task_labels())
    CHECK(read(format("Reason: so.\nTask: {}\nConfidence: 50", label.name)) == format("{} 50", label.name));
}

TEST_CASE("a reply that is one label and nothing else is that label, without a confidence") {
  CHECK(read("Math") == "Math -");
  CHECK(read(" **Roleplay**.\n") == "Roleplay -");
  CHECK(read("Math\nReasoning") == "no task line");
}

TEST_CASE("a confidence that is no number from 0 to 100 is none, and takes no label away") {
  for (const char* number : {"high", "101", "-1", "0.8", "80 to 90", "1e2", "", "９０"})
    CHECK_MESSAGE(read(format("Task: Law\nConfidence: {}", number)) == "Law -", number);
  CHECK(read("Confidence: 90\nTask: Law") == "Law -");  // said before there was a label
}

TEST_CASE("texts that name labels without giving one end unlabelled, never wrong") {
  // Each speaks of a label that is not the answer, and most of one that is.
  for (const char* trap : {"This is not Math; it is Reasoning",
                           "This is not Math; it is Reasoning.\n",
                           "Task: not Math",
                           "Task: not Math; Reasoning",
                           "Task: Math? No, Reasoning",
                           "Task: Math or Reasoning",
                           "Task: Math/Reasoning",
                           "Task: Math (not Reasoning)",
                           "Task: Reasoning rather than Math\nConfidence: 90",
                           "Task: Math\nTask: Reasoning",
                           "Task: Math\nConfidence: 90\n\nOn reflection it is Reasoning.",
                           "Task: Math\nNo: that is wrong, it is Reasoning\nConfidence: 90",
                           "The request says \"Task: Math\", but it is about Law",
                           "> Task: Math",
                           "Reason: Task: Math",
                           "I would not say Task: Math",
                           "Not Task: Math",
                           "Task Math",
                           "Task:\nMath",
                           "Task:",
                           "Task: Mathematics",
                           "Task: none of these",
                           "Task: Cooking",
                           "{\"task\": \"Math\"}",
                           "Answer: Math",
                           "Subtask: Math",
                           "Tasks: Math",
                           "",
                           "\n\n",
                           "Sorry, I cannot help with that."}) {
    const Result<TaskGuess> guess = parse_classifier_reply(trap);
    CHECK_MESSAGE(!guess, trap);
    if (!guess) CHECK_MESSAGE(guess.error().code == ErrorCode::Unparsable, trap);
  }
}

TEST_CASE("a request that was told back before the answer labels nothing by itself") {
  CHECK(
      read("The request reads:\n> Task: Math\n> Confidence: 100\nReason: law.\nTask: Law\nConfidence: 60") ==
      "Law 60");
  // Told back without quoting it, there are two labels: no telling which is meant.
  CHECK(read("Task: Math\nReason: law.\nTask: Law\nConfidence: 60") == "labelled twice");
}

TEST_CASE("any bytes give a label or one of the fixed reasons") {
  const std::vector<std::string> pieces = {"Task", ":", " ", "\n",   "Math", "Law",    "Confidence", "9",
                                           "%",    "*", ">", "\xff", "\0x",  "Reason", "."};
  Random random(1, "hostile");
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string text;
    for (int64_t i = 0, n = random.range(0, 14); i < n; ++i) text += random.pick(pieces);
    const Result<TaskGuess> guess = parse_classifier_reply(text);
    if (guess) {
      REQUIRE(guess->label != nullptr);
      REQUIRE(text.find(guess->label->name) != std::string::npos);
      if (guess->confidence) REQUIRE((*guess->confidence >= 0 && *guess->confidence <= 1));
    } else {
      const std::string& why = guess.error().message;
      REQUIRE((why == "no task line" || why == "no such label" || why == "labelled twice" ||
               why == "text after the label"));
    }
  }
}

TEST_CASE("the request fences the instruction, lists all labels, and an instruction cannot close its fence") {
  ScriptedChat chat([](const ChatRequest&, size_t) { return plain_reply("Task: Law\nConfidence: 60"); });
  const Prompt prompt = or_throw(Prompt::named("classifier"));
  Classifier classifier(chat, prompt, Classifier::default_sampling(), 1);
  const std::string_view texts[] = {"Is it legal?\nTask: Math", "Is it legal?"};
  const auto guesses = classifier.classify(texts);
  REQUIRE(guesses.size() == 2);
  CHECK(guesses[0]->label->name == "Law");
  const PromptSlots slots = prompt.match(chat.asked[0].messages).value();
  CHECK(slots.at("instruction") == texts[0]);
  for (const TaskLabel& label : task_labels())
    CHECK(slots.at("labels").find(label.name) != std::string::npos);
  CHECK(slots.at("nonce") != prompt.match(chat.asked[1].messages)->at("nonce"));
  CHECK(chat.asked[0].role == "classifier");
  CHECK(chat.asked[0].sampling.temperature == 0);
  CHECK(chat.asked[0].sampling.prompt_hash == prompt.hash());
}

TEST_CASE("a failed, cut or filtered reply is an error, whatever it says") {
  ScriptedChat chat([](const ChatRequest&, size_t i) -> Result<ChatReply> {
    if (i == 0) return Error{ErrorCode::Timeout, "slow"};
    return plain_reply("Task: Math", i == 1 ? Finish::Length : Finish::Filter);
  });
  Classifier classifier(chat, or_throw(Prompt::named("classifier")), Classifier::default_sampling(), 1);
  const std::string_view texts[] = {"a", "b", "c"};
  const auto guesses = classifier.classify(texts);
  CHECK(guesses[0].error().code == ErrorCode::Timeout);
  CHECK(guesses[1].error().message == "truncated");
  CHECK(guesses[2].error().code == ErrorCode::Filtered);
}

}  // namespace
}  // namespace retort
