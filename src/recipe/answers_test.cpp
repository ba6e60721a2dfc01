// [answers] of the run file in real runs: samples, checks, gold rows, reasoning, explanations. A real chat,
// store and practice teacher; a fake student.
#include "base/words.h"
#include "recipe/small_run.h"

namespace retort {
namespace {

RunFile tiny_run(const std::string& recipe) {
  RunFile file = small_run(recipe);
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 20;
  file.data.practice_rows = 60;
  return file;
}

// Keeps what it was trained on, so that a test can look at it.
class Listener : public FakeStudent {
 public:
  static inline std::vector<Example> heard;
  static std::unique_ptr<Student> open(const Path&, const StudentOptions&, const StudentSampling&) {
    return std::make_unique<Listener>();
  }
  Result<ImitateReport> imitate(const ExampleSource& examples, const ImitateOptions& options,
                                const Path& folder,
                                const std::function<void(const ImitateProgress&)>& tell) override {
    const auto listen = [&](const std::function<void(const Example&)>& show) {
      examples([&](const Example& example) {
        heard.push_back(example);
        show(example);
      });
    };
    return FakeStudent::imitate(listen, options, folder, tell);
  }
};

std::unique_ptr<RunStore> listened_to(const RunFile& file, const Path& folder) {
  Listener::heard.clear();
  return store_of(file, folder, {.open_student = Listener::open, .progress = {}, .say = {}});
}

bool is_right(const Example& example) {
  const auto item = practice::understand(example.instruction);
  return item && item->answer == example.response;
}
double share_right() {
  const auto right = std::count_if(Listener::heard.begin(), Listener::heard.end(), is_right);
  return static_cast<double>(right) / static_cast<double>(Listener::heard.size());
}

}  // namespace

TEST_CASE("ekt asks each question several times and trains on what a vote agrees on") {
  TemporaryFolder plain, voted;
  RunFile file = tiny_run("imitation");
  file.recipe.rounds = 0;
  file.practice.error_share = 0.3;
  auto first = listened_to(file, plain.path());
  CHECK(share_right() < 0.85);
  file.recipe.name = "ekt";
  file.answers.samples = 3;
  file.answers.checks = {"vote"};
  auto store = listened_to(file, voted.path());
  CHECK(share_right() > 0.85);  // three wrong answers that agree are still possible
  CHECK(store->call_totals()["teacher"].done == 3 * 60);
  const auto counts = store->stage("teach_0")->counts;
  CHECK(counts.dropped == store->drop_counts("teach_0")["the samples disagree"]);
  CHECK(counts.dropped > 5);
  CHECK(store->teacher_answer_count() == counts.ok);
  CHECK(store->stage("imitate_0")->counts.ok == counts.ok);
}

TEST_CASE("a gold answer is never trained on; what agrees with it is") {
  TemporaryFolder folder;
  RunFile file = tiny_run("ekt");
  file.recipe.rounds = 0;
  file.practice.error_share = 0.5;
  std::string rows;
  for (const practice::Item& item : practice::seed_pool(40, practice::Skew::Uniform, 5))
    rows += Json::object().set("instruction", item.text).set("output", item.answer).dump() + "\n";
  or_throw(write_file_atomic(folder.path() / "rows.jsonl", rows));
  file.data.files = {(folder.path() / "rows.jsonl").string()};
  file.data.practice_rows = 0;
  file.data.answers = "gold";
  file.answers.samples = 4;
  file.answers.checks = {"gold"};
  auto store = listened_to(file, folder.path() / "run");
  CHECK(share_right() == 1.0);
  CHECK(Listener::heard.size() > 30);
  for (const auto& [id, answer] : store->teacher_answers(store->instruction_ids("seeds")))
    CHECK_FALSE(answer.call_key.empty());
}

TEST_CASE("samples and checks work in lion's loop, and one that passes nothing leaves with its reason") {
  TemporaryFolder folder;
  RunFile file = tiny_run("lion");
  file.practice.error_share = 0.2;
  file.answers.samples = 2;
  file.answers.checks = {"form", "vote"};
  auto store = listened_to(file, folder.path());
  CHECK(store->drop_counts("judge_1")["no teacher answer"] ==
        store->drop_counts("teach_0")["the samples disagree"]);
  CHECK(store->stage("write_1")->counts.ok == 20);
}

TEST_CASE("a teacher's reasoning is stored; the student learns it where it is kept, up to a length") {
  RunFile file = tiny_run("imitation");
  file.recipe.rounds = 0;
  file.practice.reasoning_share = 0.5;
  for (const std::string reasoning : {"drop", "keep"}) {
    TemporaryFolder folder;
    file.answers.reasoning = reasoning;
    auto store = listened_to(file, folder.path());
    int stored = 0, heard = 0;
    for (const auto& [id, answer] : store->teacher_answers(store->instruction_ids("seeds"))) {
      stored += answer.reasoning.empty() ? 0 : 1;
      CHECK(answer.text.find("<think>") == std::string::npos);
    }
    for (const Example& example : Listener::heard) heard += example.response.starts_with("<think>\n") ? 1 : 0;
    CHECK(stored > 10);
    CHECK(stored < 50);
    CHECK(heard == (reasoning == "keep" ? stored : 0));
    const auto metrics = store->metrics("imitate_0");
    CHECK(metrics.at("reasoning_share") == doctest::Approx(stored / 60.0));
    CHECK(metrics.at("reasoning_words/p10") <= metrics.at("reasoning_words/p50"));
    CHECK(metrics.at("reasoning_words/p50") <= metrics.at("reasoning_words/max"));
  }
  TemporaryFolder folder;
  file.answers.reasoning_words_max = 6;
  auto store = listened_to(file, folder.path());
  const int64_t dropped =
      store->drop_counts("imitate_0")["longer reasoning than answers.reasoning_words_max"];
  CHECK(dropped > 0);
  CHECK(static_cast<int64_t>(Listener::heard.size()) == 60 - dropped);
  for (const Example& example : Listener::heard)
    CHECK(word_count(split_thought(example.response).reasoning) <= 6);
}

TEST_CASE("Orca's explanations are what the student of another recipe learns, where that is asked") {
  for (const char* recipe : {"lion", "tapir", "evol-instruct"}) {
    TemporaryFolder folder;
    RunFile file = tiny_run(recipe);
    file.answers.explained = true;
    file.orca.system_message = "erase";
    file.tapir.rewrite = "none";
    auto store = listened_to(file, folder.path());
    CHECK(store->stage("explain_0")->counts.ok == 60);
    CHECK(store->call_totals()["explainer"].done ==
          store->stage("explain_0")->counts.in + store->stage("explain_1")->counts.in);
    int explained = 0;
    for (const Example& example : Listener::heard)
      explained += example.response.find('\n') != std::string::npos ? 1 : 0;
    CHECK(explained > 5);
  }
}

TEST_CASE("what [answers] cannot mean is an error that says what to do") {
  auto message = [](const RunFile& file) { return validate(file).error().message; };
  RunFile file = tiny_run("ekt");
  CHECK(message(file).find("answers.checks is empty") != std::string::npos);
  file.answers.checks = {"vote"};
  CHECK(message(file).find("answers.samples is 1") != std::string::npos);
  file.answers.checks = {"gold"};
  CHECK(message(file).find("set it to \"gold\"") != std::string::npos);
  file.answers.checks = {"guess"};
  CHECK(message(file).find("gold, vote, form, run") != std::string::npos);
  file.answers.checks = {"form"};
  CHECK(validate(file));
  file.answers.explained = true;
  CHECK(message(file).find("plain answers") != std::string::npos);
}

TEST_CASE("every recipe has a complete run file of its own, and every example is one") {
  // From the root of the checkout, or from the build folder, which is where the compiler was.
  Path examples = "examples";
  if (!std::filesystem::exists(examples)) examples = Path(__FILE__).parent_path() / "../../examples";
  for (const char* recipe : {"lion", "imitation", "balanced", "votes", "tapir", "orca", "lion-tapir",
                             "self-instruct", "evol-instruct", "ekt"}) {
    RunFile file = recipe_run_file(recipe);
    file.teacher.base_url = "https://api.example/v1";
    file.data.files = {"rows.jsonl"};
    const auto read = parse_run_file(fields_to_toml(file), recipe, "/nowhere");
    REQUIRE_MESSAGE(read, recipe);
    CHECK(read->recipe.name == recipe);
    CHECK(frozen_differences(*read, file) == std::vector<std::string>{"data.files"});
    const auto loaded = load_run_file(examples / (std::string(recipe) + ".toml"));
    REQUIRE_MESSAGE(loaded, loaded.error().message);
    CHECK(loaded->recipe.name == recipe);
  }
}

}  // namespace retort
