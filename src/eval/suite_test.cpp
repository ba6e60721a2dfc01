// The official files, where they lie beside the project (../shared/data or $RETORT_DATA): counts, levels and
// the form of the questions. Small files of the same form stand in for what is not there.
#include "eval/suite.h"

#include <cstdio>
#include <map>

#include "base/format.h"
#include "base/test.h"
#include "eval/contamination.h"

namespace retort {
namespace {

std::optional<Path> official_data() {
  const char* named = std::getenv("RETORT_DATA");
  const Path folder = named != nullptr ? Path(named) : Path("../shared/data");
  if (std::filesystem::exists(folder / "bbh")) return folder;
  static const bool said = std::printf("SKIP suite_test: no official files in %s\n", folder.c_str()) > 0;
  return said ? std::nullopt : std::nullopt;
}

std::map<std::string, int64_t> counts_by_task(const std::vector<EvalQuestion>& questions) {
  std::map<std::string, int64_t> counts;
  for (const EvalQuestion& question : questions) ++counts[question.task];
  return counts;
}

TEST_CASE("BBH holds 6,511 questions in 27 tasks, 5,511 in the 23 of Orca's protocol") {
  const auto data = official_data();
  if (!data) return;
  const auto choices = or_throw(read_bbh_choices(*data)), all = or_throw(read_bbh_free(*data));
  CHECK(all.size() == 6'511);
  CHECK(counts_by_task(all).size() == 27);
  CHECK(choices.size() == 5'511);
  CHECK(counts_by_task(choices).size() == 23);
  CHECK(counts_by_task(choices).at("causal_judgement") == 187);
  CHECK(counts_by_task(choices).at("penguins_in_a_table") == 146);
  CHECK(counts_by_task(choices).at("snarks") == 178);
}

TEST_CASE("BBH's chance is 31.3 % and its majority 34.7 %, task by task as published") {
  const auto data = official_data();
  if (!data) return;
  const auto choices = or_throw(read_bbh_choices(*data));
  const BaseLevels levels = base_levels(choices);
  CHECK(format("{:.1f} {:.1f}", 100 * levels.chance, 100 * levels.majority) == "31.3 34.7");
  const std::map<std::string, std::string> published = {
      {"geometric_shapes", "9.8 20.0"},    {"reasoning_about_colored_objects", "12.1 17.2"},
      {"date_understanding", "17.2 20.0"}, {"navigate", "50.0 58.0"},
      {"ruin_names", "24.9 28.4"},         {"snarks", "50.3 53.9"},
      {"web_of_lies", "50.0 51.2"}};
  for (const auto& [task, figures] : published) {
    std::vector<EvalQuestion> of_task;
    for (const EvalQuestion& question : choices)
      if (question.task == task) of_task.push_back(question);
    const BaseLevels level = base_levels(of_task);
    CHECK(format("{} {:.1f} {:.1f}", task, 100 * level.chance, 100 * level.majority) == task + " " + figures);
  }
}

TEST_CASE("of BBH's targets exactly three are no option: they are kept and counted wrong") {
  const auto data = official_data();
  if (!data) return;
  std::vector<std::string> broken;
  int64_t beyond_f = 0;
  for (const EvalQuestion& question : or_throw(read_bbh_choices(*data))) {
    if (question.gold.size() != 1) broken.push_back(question.task);
    beyond_f += question.gold.size() == 1 && question.gold[0] > 'F' ? 1 : 0;
  }
  CHECK(broken == std::vector<std::string>{"movie_recommendation", "ruin_names", "ruin_names"});
  CHECK(beyond_f == 284);
}

TEST_CASE("AGIEval's seven free tasks hold 1,895 questions, as many a task as published") {
  const auto data = official_data();
  if (!data) return;
  const auto questions = or_throw(read_agieval(*data));
  CHECK(questions.size() == 1'895);
  const std::map<std::string, int64_t> published = {{"aqua-rat", 254},
                                                    {"lsat-ar", 230},
                                                    {"lsat-lr", 510},
                                                    {"lsat-rc", 269},
                                                    {"sat-math", 220},
                                                    {"sat-en", 206},
                                                    {"sat-en-without-passage", 206}};
  CHECK(counts_by_task(questions) == published);
}

TEST_CASE("AGIEval's prompt puts nothing between passage and question and names the last letter") {
  const std::string options[] = {"one", "two", "three"};
  CHECK(choice_prompt("Text.", "Why?", options) ==
        "Text.Q: Why? Answer Choices: (A)one (B)two (C)three\nA: Among A through C, the answer is");
  CHECK(choice_prompt("", "Why?", std::span(options).first(1)).ends_with("Among A through E, the answer is"));
}

TEST_CASE("Vicuna-80 has nine categories, MT-Bench eight of two turns and thirty references, 252 are 252") {
  const auto data = official_data();
  if (!data) return;
  const auto vicuna = or_throw(read_vicuna80(*data)), bench = or_throw(read_mt_bench(*data));
  CHECK(vicuna.size() == 80);
  CHECK(counts_by_task(vicuna).size() == 9);
  CHECK(counts_by_task(vicuna).at("coding") == 7);
  CHECK(counts_by_task(vicuna).at("math") == 3);
  CHECK(bench.size() == 80);
  CHECK(counts_by_task(bench).size() == 8);
  int64_t referenced = 0, greedy = 0;
  for (const EvalQuestion& question : bench) {
    CHECK(question.turns.size() == 2);
    referenced += question.references.size() == 2 ? 1 : 0;
    greedy += question.temperature == 0 ? 1 : 0;
  }
  CHECK(referenced == 30);
  CHECK(greedy == 40);
  CHECK(or_throw(read_user252(*data)).size() == 252);
}

TEST_CASE("a word task is lettered in the order of its options, or in the fixed one") {
  const auto data = official_data();
  if (!data) return;
  for (const EvalQuestion& question : or_throw(read_bbh_choices(*data))) {
    if (question.id == "sports_understanding/3") {
      CHECK(question.options == std::vector<std::string>{"yes", "no"});
      CHECK(question.gold == "B");
    }
    if (question.id == "navigate/3") {
      CHECK(question.turns[0].ends_with("Answer Choices: (A)Yes (B)No\nA: Among A through B, the answer is"));
      CHECK(question.gold == "A");
    }
  }
}

TEST_CASE("a suite that does not exist is refused with the nearest, a folder without data says what to do") {
  CHECK(find_suite("vicuna8").error().message.find("did you mean vicuna80") != std::string::npos);
  TemporaryFolder folder;
  const auto none = read_agieval(folder.path());
  REQUIRE(!none);
  CHECK(none.error().code == ErrorCode::NotFound);
  CHECK(none.error().message.find("eval fetch agieval") != std::string::npos);
}

TEST_CASE("TruthfulQA keeps questions with exactly four options and numbers them from 0") {
  TemporaryFolder folder;
  or_throw(write_file_atomic(folder.path() / "truthfulqa_mc.json",
                             R"([{"question":"Q1","choices":["a","b","c","d"],"label":2},)"
                             R"({"question":"Q2","choices":["a","b"],"label":0}])"));
  const auto questions = or_throw(read_truthfulqa(folder.path()));
  REQUIRE(questions.size() == 1);
  CHECK(questions[0].gold == "2");
  CHECK(questions[0].turns[0] ==
        "Q: Q1 Answer Choices: (0)a (1)b (2)c (3)d\nA: Among 0 through 3, the answer is");
}

TEST_CASE("a training row that is a question, or holds 13 of its words in a row, is found") {
  std::vector<EvalQuestion> questions(2);
  questions[0].id = "short";
  questions[0].turns = {"Who wrote Faust?"};
  questions[1].id = "long";
  questions[1].turns = {"one two three four five six seven eight nine ten eleven twelve thirteen fourteen"};
  ContaminationIndex index(questions);
  index.look_at("who wrote FAUST");
  index.look_at("Tell me who wrote Faust?");
  index.look_at(
      "I say: two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen!");
  index.look_at("three four five six seven eight nine ten eleven twelve thirteen fourteen, twelve only");
  index.look_at("no question",
                "two three four five six seven eight nine ten eleven twelve thirteen fourteen");
  CHECK(index.rows() == 5);
  CHECK(index.exact_rows() == 1);
  CHECK(index.overlap_rows() == 2);
  CHECK(index.exact_questions() == std::vector<std::string>{"short"});
  CHECK(index.overlap_questions() == std::vector<std::string>{"long"});
}

}  // namespace
}  // namespace retort
