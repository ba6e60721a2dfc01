// The runner on a real store with scripted models and judges: what is asked, in which order, how it is summed
// up, and that nothing is asked twice.
#include "eval/evaluate.h"

#include <cmath>

#include "base/test.h"
#include "roles/scripted_chat.h"

namespace retort {
namespace {

class ScriptedRespondent : public Respondent {
 public:
  using Script = std::function<Result<Answer>(const Conversation&)>;
  explicit ScriptedRespondent(Script script) : script_(std::move(script)) {}
  std::vector<Result<Answer>> reply(std::span<const Conversation> conversations) override {
    std::vector<Result<Answer>> answers;
    for (const Conversation& conversation : conversations) {
      asked.push_back(conversation);
      answers.push_back(script_(conversation));
    }
    return answers;
  }
  std::string identity() const override { return identity_; }
  size_t batch() const override { return 3; }
  std::vector<Conversation> asked;
  std::string identity_ = "one";

 private:
  Script script_;
};

Result<Answer> say(std::string text) { return Answer{.text = std::move(text)}; }

struct Bench {
  TemporaryFolder folder;
  std::unique_ptr<RunStore> store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
};

const Figure& figure_of(const EvalReport& report, std::string_view name) {
  for (const Figure& figure : report.figures)
    if (figure.name == name) return figure;
  REQUIRE_MESSAGE(false, name);
  return report.figures[0];
}

std::vector<EvalQuestion> letters(size_t count) {
  std::vector<EvalQuestion> questions;
  for (size_t i = 0; i < count; ++i)
    questions.push_back({.id = format("q/{}", i),
                         .task = i % 2 == 0 ? "even" : "odd",
                         .turns = {format("question {}", i)},
                         .options = {"red", "green", "blue"},
                         .gold = "B"});
  return questions;
}

TEST_CASE("an unparsed answer and a failed one are wrong, and are counted apart") {
  Bench bench;
  ScriptedRespondent model([](const Conversation& c) -> Result<Answer> {
    if (c.messages[0].content == "question 0") return say("The answer is (B)");
    if (c.messages[0].content == "question 1") return say("i do not know");
    if (c.messages[0].content == "question 2") return Error{ErrorCode::Filtered, "refused"};
    return say("(C)");
  });
  const Suite suite{.name = "bbh"};
  const EvalReport report =
      evaluate(suite, letters(4), {.store = *bench.store, .model = model, .model_name = "m"});
  const Summary robust = summarise(figure_of(report, "robust"));
  CHECK(robust.n == 4);
  CHECK(robust.unparsed == 1);
  CHECK(robust.failed == 1);
  CHECK(robust.estimate->value == 25);
  CHECK(robust.task_mean->value == 25);
  CHECK(report.failed == 1);
  CHECK(format("{:.1f}", *report.chance) == "33.3");
}

TEST_CASE("a finished suite is read from the store, another model is asked anew") {
  Bench bench;
  ScriptedRespondent model([](const Conversation&) { return say("B"); });
  const Suite suite{.name = "bbh"};
  const EvalWork work{.store = *bench.store, .model = model, .model_name = "m"};
  const Json first = report_json(evaluate(suite, letters(10), work));
  CHECK(model.asked.size() == 10);
  CHECK(report_json(evaluate(suite, letters(10), work)) == first);
  CHECK(model.asked.size() == 10);
  model.identity_ = "two";
  evaluate(suite, letters(10), work);
  CHECK(model.asked.size() == 20);
}

TEST_CASE("with another limit of tokens it is asked anew") {
  Bench bench;
  ScriptedRespondent model([](const Conversation& asked) { return say(asked.tokens_max == 8 ? "A" : "B"); });
  const EvalWork work{.store = *bench.store, .model = model, .model_name = "m"};
  evaluate({.name = "bbh", .tokens_max = 8}, letters(4), work);
  const EvalReport report = evaluate({.name = "bbh", .tokens_max = 16}, letters(4), work);
  CHECK(model.asked.size() == 8);
  CHECK(summarise(figure_of(report, "robust")).estimate->value == 100);
}

TEST_CASE("what a batch brought stays when the next one ends the run") {
  Bench bench;
  int64_t left = 3;
  ScriptedRespondent model([&](const Conversation&) -> Result<Answer> {
    if (left-- == 0) throw RunError(ErrorCode::Interrupted, "stop");
    return say("B");
  });
  const Suite suite{.name = "bbh"};
  const EvalWork work{.store = *bench.store, .model = model, .model_name = "m"};
  CHECK_THROWS_AS(evaluate(suite, letters(7), work), RunError);
  left = 100;
  const EvalReport report = evaluate(suite, letters(7), work);
  CHECK(model.asked.size() == 3 + 1 + 4);
  CHECK(summarise(figure_of(report, "robust")).estimate->value == 100);
}

TEST_CASE("a second turn is asked with the first answer, at the question's temperature") {
  Bench bench;
  ScriptedRespondent model([](const Conversation& c) { return say("to " + c.messages.back().content); });
  ScriptedChat chat([](const ChatRequest& request, size_t) -> Result<ChatReply> {
    return plain_reply(request.messages[0].content.find("second answer") == std::string::npos
                           ? "Grade: [[8]]"
                           : "Grade: [[4.5]]");
  });
  Judge judge = or_throw(Judge::open(chat, "", 1));
  std::vector<EvalQuestion> questions = {
      {.id = "81", .task = "writing", .turns = {"one", "two"}, .temperature = 0.7},
      {.id = "82", .task = "math", .turns = {"one more", "two more"}, .references = {"r1", "r2"}}};
  const Suite suite{.name = "mt-bench", .protocol = Protocol::Grade};
  const EvalReport report =
      evaluate(suite, questions, {.store = *bench.store, .model = model, .model_name = "m", .judge = &judge});
  REQUIRE(model.asked.size() == 4);
  REQUIRE(model.asked[2].messages.size() == 3);
  CHECK(model.asked[2].messages[1].content == "to one");
  CHECK(model.asked[2].messages[2].content == "two");
  CHECK(model.asked[2].temperature == 0.7);
  CHECK(model.asked[3].temperature == 0);
  CHECK(summarise(figure_of(report, "grade")).estimate->value == 6.25);
  CHECK(summarise(figure_of(report, "first turn")).estimate->value == 8);
  CHECK(summarise(figure_of(report, "second turn")).estimate->value == 4.5);
  // The right answers go to the judge where there are such.
  CHECK(chat.asked[0].messages[1].content.find("reference") == std::string::npos);
  CHECK(chat.asked[3].messages[1].content.find("r2") != std::string::npos);
  CHECK(chat.asked[0].sampling.temperature == 0);
  CHECK(chat.asked[0].sampling.tokens_max == 2'048);
}

// A judge that always gives the first answer two points more.
ScriptedChat biased_judge() {
  return ScriptedChat([](const ChatRequest& request, size_t) -> Result<ChatReply> {
    const bool evidence = request.messages[1].content.find("Score of answer A") != std::string::npos;
    return plain_reply(evidence ? "Evidence: none\nScore of answer A: 8\nScore of answer B: 6"
                                : "8 6\nbecause");
  });
}

TEST_CASE(
    "Vicuna's settings: reference first, swapped, both, and evidence first; the bias shows as disagreement") {
  Bench bench;
  ScriptedRespondent model([](const Conversation&) { return say("mine"); });
  ScriptedRespondent reference([](const Conversation&) { return say("theirs"); });
  ScriptedChat chat = biased_judge();
  Judge judge = or_throw(Judge::open(chat, "", 1));
  std::vector<EvalQuestion> questions;
  for (const char* category : {"generic", "coding", "math"})
    questions.push_back({.id = category, .task = category, .turns = {category}, .temperature = 0.7});
  const Suite suite{.name = "vicuna80", .protocol = Protocol::PairScores};
  const EvalReport report = evaluate(
      suite, questions,
      {.store = *bench.store, .model = model, .model_name = "m", .judge = &judge, .reference = &reference});
  auto relative = [&](std::string_view name) {
    return format("{:.1f}", summarise(figure_of(report, name)).estimate->value);
  };
  CHECK(relative("setting 1 (reference first)") == "75.0");
  CHECK(relative("setting 1, swapped") == "133.3");
  CHECK(relative("setting 1, both orders") == "100.0");
  CHECK(relative("setting 2 (evidence first)") == "100.0");
  CHECK(figure_of(report, "setting 1 (reference first)").counts.at("lose") == 3);
  CHECK(figure_of(report, "setting 1, both orders").counts.at("tie") == 3);
  REQUIRE(report.order_disagreement);
  CHECK(report.order_disagreement->value == 100);
  CHECK(chat.asked.size() == 3 * 8);
  // The three opinions of an order are calls of their own.
  CHECK(chat.asked[2].sample_index == 0);
  CHECK(chat.asked[4].sample_index == 1);
  CHECK(chat.asked[2].sampling.temperature == 1);
  CHECK(chat.asked[2].sampling.tokens_max == 512);
  CHECK(chat.asked[0].sampling.temperature == 0.2);
  CHECK(chat.asked[0].sampling.tokens_max == 1'024);
}

TEST_CASE("a win counts only when both orders agree") {
  Bench bench;
  ScriptedRespondent model([](const Conversation& c) { return say("mine on " + c.messages[0].content); });
  ScriptedRespondent reference(
      [](const Conversation& c) { return say("theirs on " + c.messages[0].content); });
  ScriptedChat chat([](const ChatRequest& request, size_t) -> Result<ChatReply> {
    const std::string& text = request.messages[1].content;
    const bool mine_first = text.find("mine") < text.find("theirs");
    if (text.find("good") != std::string::npos) return plain_reply(mine_first ? "[[A]]" : "[[B]]");
    if (text.find("bad") != std::string::npos) return plain_reply(mine_first ? "[[B]]" : "[[A]]");
    if (text.find("mute") != std::string::npos) return plain_reply("I cannot say");
    return plain_reply("[[A]]");  // whoever is first
  });
  Judge judge = or_throw(Judge::open(chat, "", 1));
  std::vector<EvalQuestion> questions;
  for (const char* text : {"good", "bad", "biased", "mute"})
    questions.push_back({.id = text, .task = "all", .turns = {text}});
  const Suite suite{.name = "user252", .protocol = Protocol::PairChoice};
  const EvalReport report = evaluate(
      suite, questions,
      {.store = *bench.store, .model = model, .model_name = "m", .judge = &judge, .reference = &reference});
  const Figure& figure = report.figures[0];
  CHECK(figure.counts.at("win") == 1);
  CHECK(figure.counts.at("tie") == 1);
  CHECK(figure.counts.at("lose") == 1);
  CHECK(summarise(figure).unparsed == 1);
  CHECK(summarise(figure).estimate->value == 50);
  CHECK(format("{:.1f}", report.order_disagreement->value) == "33.3");
}

TEST_CASE("a preference is undone from its coin, and identical outputs are even without a call") {
  Bench bench;
  ScriptedRespondent model(
      [](const Conversation& c) { return say(c.messages[0].content == "same" ? "the baseline's" : "mine"); });
  ScriptedChat chat([](const ChatRequest& request, size_t) -> Result<ChatReply> {
    const std::string& text = request.messages[1].content;
    const bool mine_first = text.find("mine") < text.find("the baseline's");
    ChatReply reply = plain_reply("m", Finish::Length);
    const double mine = std::log(0.8), other = std::log(0.2);
    reply.logprobs = {{"m", mine, {{"m", mine_first ? mine : other}, {"M", mine_first ? other : mine}}}};
    return reply;
  });
  Judge judge = or_throw(Judge::open(chat, "", 1));
  std::vector<EvalQuestion> questions;
  for (int i = 0; i < 12; ++i)
    questions.push_back({.id = std::to_string(i),
                         .task = "all",
                         .turns = {i == 11 ? std::string("same") : format("question {}", i)},
                         .references = {"the baseline's"}});
  const Suite suite{.name = "alpaca-eval", .protocol = Protocol::Preference};
  const EvalReport report =
      evaluate(suite, questions, {.store = *bench.store, .model = model, .model_name = "m", .judge = &judge});
  CHECK(chat.asked.size() == 11);
  CHECK(summarise(figure_of(report, "win rate, raw")).estimate->value ==
        doctest::Approx((11 * 80 + 50) / 12.0));
  CHECK(summarise(figure_of(report, "win rate, discrete")).estimate->value ==
        doctest::Approx((11 * 100 + 50) / 12.0));
  REQUIRE(report.length_controlled);
  CHECK(report.length_controlled->form == "minimal");
  CHECK(chat.asked[0].sampling.tokens_max == 1);
  CHECK(chat.asked[0].sampling.top_logprobs == 5);
  bool first = false, second = false;
  for (const ChatRequest& request : chat.asked) {
    const std::string& text = request.messages[1].content;
    (text.find("mine") < text.find("the baseline's") ? first : second) = true;
  }
  CHECK(first);
  CHECK(second);
}

TEST_CASE("a report is read back from its JSON, and compared with itself nothing differs") {
  Bench bench;
  ScriptedRespondent model(
      [](const Conversation& c) { return say(c.messages[0].content.ends_with("3") ? "A" : "B"); });
  const EvalReport report =
      evaluate({.name = "bbh"}, letters(20), {.store = *bench.store, .model = model, .model_name = "m"});
  const EvalReport again = or_throw(parse_report(or_throw(parse_json(report_json(report).dump()))));
  CHECK(report_json(again) == report_json(report));
  const std::vector<Compared> same = or_throw(compare_reports(report, again));
  REQUIRE(same.size() == 2);
  CHECK(same[0].n == 20);
  CHECK(same[0].equal == 20);
  CHECK(same[0].difference->value == 0);
  EvalReport worse = again;
  for (EvalItem& item : worse.figures[1].items) item.value = 0;
  const std::vector<Compared> apart = or_throw(compare_reports(report, worse));
  CHECK(apart[1].difference->value == 90);
  CHECK(apart[1].difference->low > 70);
  CHECK(apart[1].better == 18);
  worse.suite = "agieval";
  CHECK(!compare_reports(report, worse));
}

TEST_CASE("an Answerer is asked earlier turns as text before the question") {
  const ChatMessage messages[] = {{"user", "one"}, {"assistant", "to one"}, {"user", "two"}};
  CHECK(conversation_text(std::span(messages).first(1)) == "one");
  CHECK(conversation_text(messages) == "Question:\none\n\nAnswer:\nto one\n\nQuestion:\ntwo");
}

TEST_CASE("answers of a reference are read by id, and a row without one is named") {
  TemporaryFolder folder;
  const Path file = folder.path() / "answers.jsonl";
  or_throw(write_file_atomic(file,
                             "{\"question_id\": 7, \"text\": \"a\"}\n"
                             "{\"question_id\": 8, \"choices\": [{\"turns\": [\"b\", \"c\"]}]}\n"
                             "{\"output\": \"d\"}\n"));
  const GivenAnswers given = or_throw(read_given_answers(file));
  CHECK(given.at("7") == std::vector<std::string>{"a"});
  CHECK(given.at("8") == std::vector<std::string>{"b", "c"});
  CHECK(given.at("2") == std::vector<std::string>{"d"});
  or_throw(write_file_atomic(file, "{\"question_id\": 7}\n"));
  CHECK(read_given_answers(file).error().message.find(":1: no output") != std::string::npos);
}

TEST_CASE("AlpacaEval's own judgements give the published rate, where a user has brought them") {
  const char* named = std::getenv("RETORT_ALPACA");
  if (named == nullptr || !std::filesystem::exists(Path(named) / "annotations.json")) {
    std::printf("SKIP evaluate_test: no annotations.json, df_gamed.csv and rate.txt in $RETORT_ALPACA\n");
    return;
  }
  const Path folder(named);
  const AlpacaFiles files = or_throw(read_alpaca_files(folder / "df_gamed.csv"));
  const auto fit =
      length_controlled(or_throw(read_annotations(folder / "annotations.json", files)), files.gamed);
  REQUIRE(fit);
  CHECK(std::fabs(fit->win_rate - std::stod(or_throw(read_file(folder / "rate.txt")))) <= 0.05);
}

TEST_CASE("files of AlpacaEval: columns in any order, a missing judgement as none, ties as 0 or 1.5") {
  TemporaryFolder folder;
  or_throw(
      write_file_atomic(folder.path() / "df_gamed.csv",
                        "model,index,preference,std_delta_len,instruction_difficulty,not_gamed_baseline\n"
                        "verbose,0,0.4,-1.5,0.25,False\nverbose,1,,-0.5,0.75,False\n"));
  const AlpacaFiles files = or_throw(read_alpaca_files(folder.path() / "df_gamed.csv"));
  REQUIRE(files.gamed.size() == 1);
  CHECK(files.gamed[0].preference == 0.4);
  CHECK(files.gamed[0].length_gap == -1.5);
  CHECK(files.difficulty == std::vector<double>{0.25, 0.75});
  or_throw(write_file_atomic(
      folder.path() / "annotations.json",
      R"([{"output_1":"abc","output_2":"é","preference":1.75},)"
      R"({"output_1":"a","output_2":"b","preference":0},{"output_1":"a","output_2":"b"}])"));
  const std::vector<JudgedPair> pairs = or_throw(read_annotations(folder.path() / "annotations.json", files));
  REQUIRE(pairs.size() == 3);
  CHECK_FALSE(pairs[2].preference);
  CHECK(pairs[0].preference == 0.75);
  CHECK(pairs[0].model_length == 1);
  CHECK(pairs[0].baseline_length == 3);
  CHECK(pairs[1].preference == 0.5);
  CHECK(pairs[1].difficulty == 0.75);
}

}  // namespace
}  // namespace retort
