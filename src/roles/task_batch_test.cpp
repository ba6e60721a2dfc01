// Lists of tasks: what is read from them, what is not, and what a cut reply is worth.
#include "roles/task_batch.h"

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

std::vector<std::string> texts_of(std::string_view reply) {
  std::vector<std::string> texts;
  const std::vector<BatchTask> tasks = or_throw(parse_batch(reply, BatchForm::Tasks));
  for (const BatchTask& task : tasks) texts.push_back(task.text);
  return texts;
}
TaskBatcher batcher_of(Chat& chat, BatchForm form) {
  return {chat, or_throw(TaskBatcher::load_prompt("", form)), TaskBatcher::default_sampling(form), form};
}

}  // namespace

TEST_CASE("tasks are read by their numbers, whatever stands round those, over several lines") {
  CHECK(texts_of("Sure!\nTask 9: Name a river.\n**Task 10:** Sort these:\n3 1 2\n\n## task 11: Why?\n") ==
        std::vector<std::string>{"Name a river.", "Sort these:\n3 1 2", "Why?"});
}

TEST_CASE("what only looks like a number begins no task") {
  CHECK(texts_of("Task 1: Do it.\nTasks 2: no\nTask two: no\nTask 3 no\nTask: no").size() == 1);
  CHECK_FALSE(parse_batch("I would rather not.", BatchForm::Tasks));
  CHECK_FALSE(parse_batch("", BatchForm::Answered));
  CHECK_FALSE(parse_batch("Task 4:   \n\n", BatchForm::Tasks));
}

TEST_CASE("Alpaca's form brings input and output; a task without an output is none") {
  const auto tasks = parse_batch(
      "Task 4: Sort these.\nInput: 3, 1\nOutput: 1, 3\nTask 5: Name a river.\nInput: <none>\nOutput: Rhine\n"
      "Task 6: Say more.\nInput: x\nTask 7: Empty.\nOutput:\n",
      BatchForm::Answered);
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 2);
  CHECK(tasks->at(0).text == "Sort these.\n3, 1");
  CHECK(tasks->at(0).output == "1, 3");
  CHECK(tasks->at(1).text == "Name a river.");
}

TEST_CASE("samples are shown as they are read, whole answers too") {
  const std::vector<BatchTask> samples = {{"Name a river.", "Rhine"}, {"Sort:\n3 1", "1\n3"}};
  const auto again = parse_batch(batch_text(samples, BatchForm::Answered), BatchForm::Answered);
  REQUIRE(again);
  for (size_t i = 0; i < samples.size(); ++i) {
    CHECK(again->at(i).text == samples[i].text);
    CHECK(again->at(i).output == samples[i].output);
  }
}

TEST_CASE("a cut reply is worth nothing to Self-Instruct, and all but its last task to Alpaca") {
  const std::string text = "Task 4: One.\nOutput: a\nTask 5: Two.\nOutput: b";
  ScriptedChat chat([&](const ChatRequest&, size_t) { return plain_reply(text, Finish::Length); });
  const BatchRequest request{.samples = {{"Zero.", "z"}}, .wanted = 2};
  CHECK_FALSE(batcher_of(chat, BatchForm::Tasks).write(std::vector{request})[0]);
  const auto kept = batcher_of(chat, BatchForm::Answered).write(std::vector{request});
  REQUIRE(kept[0]);
  REQUIRE(kept[0]->tasks.size() == 1);
  CHECK(kept[0]->tasks[0].output == "a");
  CHECK(kept[0]->call_key == "key");
}

TEST_CASE("the request says which numbers to go on with") {
  ScriptedChat chat([](const ChatRequest&, size_t) { return plain_reply("Task 3: x y z"); });
  batcher_of(chat, BatchForm::Tasks).write(std::vector<BatchRequest>{{{{"A."}, {"B."}}, 8, 4}});
  CHECK(chat.asked[0].messages.back().content.find("tasks 3 to 10") != std::string::npos);
  CHECK(chat.asked[0].sample_index == 4);
  CHECK(chat.asked[0].role == "generator");
}

}  // namespace retort
