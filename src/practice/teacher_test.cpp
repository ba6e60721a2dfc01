#include "practice/teacher.h"

#include <set>

#include "base/test.h"
#include "pool/filters.h"
#include "practice/referee.h"
#include "practice/requests_for_test.h"
#include "roles/classifier.h"
#include "roles/referee.h"
#include "roles/rewriter.h"

namespace retort::practice {
namespace {

Item item_number(uint64_t index) {
  Random random(11, "teacher_test", index);
  int skill = static_cast<int>(random.below(skills().size()));
  return make_item(skill, static_cast<int>(random.range(1, kLevels)), Share::Training, random);
}
std::string say(const PracticeTeacher& teacher, const Json& request) {
  TeacherReply reply = teacher.reply(request.dump());
  CHECK(reply.status == 200);
  return content_of(reply.body);
}
bool names_itself(const std::string& text) { return text.find("rule-based") != std::string::npos; }

}  // namespace

TEST_CASE("the teacher's answers are exact for every skill and level") {
  PracticeTeacher teacher({});
  for (uint64_t i = 0; i < 300; ++i) {
    Item item = item_number(i);
    CHECK(say(teacher, teacher_request(item.text)) == item.answer);
  }
}

TEST_CASE("a reply is a function of request and seed, however often and in whatever company it is asked") {
  TeacherOptions other_seed{.seed = 2};
  PracticeTeacher one({}), two({}), other(other_seed);
  int differ = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    Item item = item_number(i);
    std::string body = referee_request(item.text, item.answer, "no idea").dump();
    std::string first = one.reply(body).body;
    one.reply(generator_request(item.text).dump());
    CHECK(one.reply(body).body == first);
    CHECK(two.reply(body).body == first);
    differ += other.reply(body).body != first;
  }
  CHECK(differ > 10);
}

TEST_CASE("the request's seed makes the generator write something else") {
  PracticeTeacher teacher(TeacherOptions{.duplicate_share = 0, .junk_share = 0});
  Json request = generator_request(item_number(0).text);
  std::set<std::string> texts;
  for (int i = 1; i <= 20; ++i) texts.insert(say(teacher, Json(request).set("seed", i)));
  CHECK(texts.size() >= 18);
}

TEST_CASE("a completion carries the fields of the format and says that it is no LLM") {
  TeacherReply reply = PracticeTeacher({}).reply(teacher_request(item_number(1).text).dump());
  Result<Json> json = parse_json(reply.body);
  REQUIRE(json);
  CHECK(json->at_path("id").string_or("").starts_with("chatcmpl-"));
  CHECK(json->at_path("object").string_or("") == "chat.completion");
  CHECK(json->at_path("model").string_or("") == "retort-practice-teacher");
  CHECK(json->at_path("system_fingerprint").string_or("").find("no LLM") != std::string_view::npos);
  CHECK(json->at_path("choices/0/finish_reason").string_or("") == "stop");
  CHECK(json->at_path("choices/0/message/role").string_or("") == "assistant");
  int64_t in = json->at_path("usage/prompt_tokens").integer_or(0);
  int64_t out = json->at_path("usage/completion_tokens").integer_or(0);
  CHECK(in > 0);
  CHECK(out > 0);
  CHECK(json->at_path("usage/total_tokens").integer_or(0) == in + out);
}

TEST_CASE("wrong answers come at their dialled rate") {
  PracticeTeacher teacher(TeacherOptions{.error_share = 0.3});
  const int n = 2000;
  int wrong = 0;
  for (uint64_t i = 0; i < n; ++i) {
    Item item = item_number(i);
    wrong += say(teacher, teacher_request(item.text)) != item.answer;
  }
  CHECK(wrong == doctest::Approx(0.3 * n).epsilon(0.15));
}

TEST_CASE("with an error share of one no answer is right") {
  PracticeTeacher teacher(TeacherOptions{.error_share = 1});
  for (uint64_t i = 0; i < 500; ++i) {
    Item item = item_number(i);
    CAPTURE(item.text);
    CHECK(say(teacher, teacher_request(item.text)) != item.answer);
  }
}

TEST_CASE("a system message that wants the working gets it, then the answer as the last line") {
  PracticeTeacher teacher({});
  Item item = item_number(2);
  std::string wanted = item.explanation + "\n" + item.answer;
  CHECK(say(teacher, request_of({{"system", "Think step by step and justify your answer."},
                                 {"user", item.text}})) == wanted);
  Json formed = teacher_request(item.text);
  std::string user(formed.at_path("messages/1/content").string_or(""));
  CHECK(say(teacher, request_of({{"system", "Explain like I am five."}, {"user", user}})) == wanted);
  CHECK(say(teacher, request_of({{"system", "Do not explain anything."}, {"user", user}})) == item.answer);
}

TEST_CASE("a closing sentence that wants the working gets it too, and the referee knows such instructions") {
  PracticeTeacher teacher({});
  Item item = item_number(3);
  std::string asked = item.text + "\nExplain how you got there.";
  std::string answer = say(teacher, teacher_request(asked));
  CHECK(answer == item.explanation + "\n" + item.answer);
  CHECK(parse_referee_reply(say(teacher, referee_request(asked, answer, "no idea"))));
}

TEST_CASE("a plain question without a system message is answered") {
  PracticeTeacher teacher({});
  Item item = item_number(4);
  CHECK(say(teacher, request_of({{"user", item.text}})) == item.answer);
  CHECK(say(teacher, request_of({{"user", "x"}, {"assistant", "y"}, {"user", item.text}})) == item.answer);
}

TEST_CASE("to instructions of another world each role says what it is") {
  PracticeTeacher teacher({});
  const std::string poem = "Write a poem about the sea.";
  std::string answer = say(teacher, teacher_request(poem));
  CHECK(names_itself(answer));
  CHECK(std::count(answer.begin(), answer.end(), '.') == 1);
  std::string verdict = say(teacher, referee_request(poem, "Waves.", "Sand."));
  CHECK(names_itself(verdict));
  CHECK_FALSE(parse_referee_reply(verdict));
  std::string draft = say(teacher, generator_request(poem));
  CHECK(names_itself(draft));
  CHECK(refuse_draft(draft, Finish::Stop, {}));
}

TEST_CASE("the referee reads which answer stands where") {
  PracticeTeacher teacher(TeacherOptions{.position_bias = 0, .score_noise = 0});
  Item item = item_number(5);
  Result<RefereeScores> scores =
      parse_referee_reply(say(teacher, referee_request(item.text, item.answer, "no idea")));
  REQUIRE(scores);
  CHECK(scores->first == 9);
  CHECK(scores->second == 2);
  scores = parse_referee_reply(say(teacher, referee_request(item.text, "no idea", item.answer)));
  REQUIRE(scores);
  CHECK(scores->first == 2);
  CHECK(scores->second == 9);
}

TEST_CASE("injected score lines come at their dialled rate, and move the referee's mean score by nothing") {
  PracticeTeacher teacher(TeacherOptions{.position_bias = 0, .score_noise = 0, .injected_share = 0.5});
  const int n = 400;
  int injected = 0;
  for (uint64_t i = 0; i < n; ++i) {
    Item item = item_number(i);
    std::string answer = say(teacher, teacher_request(item.text));
    bool has_score = answer.find("Score of answer") != std::string::npos;
    injected += has_score;
    Result<RefereeScores> scores =
        parse_referee_reply(say(teacher, referee_request(item.text, answer, answer)));
    REQUIRE(scores);
    CHECK(scores->first == 9);
  }
  CHECK(injected == doctest::Approx(0.5 * n).epsilon(0.2));
}

TEST_CASE("Lion's filters pass what the generator writes in earnest and drop its junk") {
  PracticeTeacher earnest(TeacherOptions{.duplicate_share = 0, .junk_share = 0});
  PracticeTeacher useless(TeacherOptions{.duplicate_share = 0, .junk_share = 1});
  const int n = 500;
  int passed = 0;
  for (uint64_t i = 0; i < n; ++i) {
    Json request = generator_request(item_number(i).text).set("max_tokens", 64);
    Result<Json> good = parse_json(earnest.reply(request.dump()).body),
                 junk = parse_json(useless.reply(request.dump()).body);
    auto refused = [](const Json& reply) {
      return refuse_draft(reply.at_path("choices/0/message/content").string_or(""),
                          parse_finish(reply.at_path("choices/0/finish_reason").string_or("")), {});
    };
    CHECK(refused(*junk));
    passed += !refused(*good);
  }
  CHECK(passed == n);
}

TEST_CASE("hostile bodies get a 400 with an error object") {
  PracticeTeacher teacher({});
  std::string body = teacher_request("x").dump();
  for (size_t length = 0; length < body.size(); ++length) {
    TeacherReply reply = teacher.reply(body.substr(0, length));
    CHECK(reply.status == 400);
    CHECK_FALSE(parse_json(reply.body)->at_path("error/message").string_or("").empty());
  }
}

TEST_CASE("any flipped byte of a request gets a completion or an error object") {
  PracticeTeacher teacher({});
  Item item = item_number(6);
  const std::string body = referee_request(item.text, item.answer, "no idea").dump();
  for (size_t at = 0; at < body.size(); ++at) {
    std::string damaged = body;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    TeacherReply reply = teacher.reply(damaged);
    Result<Json> json = parse_json(reply.body);
    REQUIRE(json);
    CHECK((json->find("choices") != nullptr) == (reply.status == 200));
    CHECK((json->find("error") != nullptr) == (reply.status == 400));
  }
}

TEST_CASE("options that cannot be are refused by name") {
  CHECK(check_teacher_options({}));
  auto message = [](const TeacherOptions& options) {
    Result<void> checked = check_teacher_options(options);
    return checked ? std::string() : checked.error().message;
  };
  CHECK(message({.skew = "rare"}).find("rare_is_hard") != std::string::npos);
  CHECK(message({.junk_share = 1.5}).find("junk_share") != std::string::npos);
  CHECK(message({.error_share = -0.1}).find("error_share") != std::string::npos);
  CHECK(message({.fault_429 = 0.6, .fault_500 = 0.6}).find("add up") != std::string::npos);
  CHECK(message({.score_noise = -1}).find("score_noise") != std::string::npos);
  CHECK(message({.stall_ms = -1}).find("stall_ms") != std::string::npos);
}

TEST_CASE("it names the task of what it knows, and says that it is unsure of the rest") {
  PracticeTeacher teacher({});
  auto label = [&](const std::string& instruction) {
    return parse_classifier_reply(say(
        teacher,
        prompt_request("classifier", {{"instruction", instruction}, {"labels", "Math"}, {"nonce", "k7"}})));
  };
  std::set<std::string_view> seen;
  for (uint64_t i = 0; i < 200; ++i) {
    const Item item = item_number(i);
    const auto guess = label(item.text);
    REQUIRE(guess);
    CHECK(guess->confidence == 0.95);
    seen.insert(guess->label->name);
    if (skills()[static_cast<size_t>(item.skill)].domain == "numbers") CHECK(guess->label->name == "Math");
  }
  CHECK(seen.size() == 7);
  const auto unknown = label("Write a poem.\nTask: Math");
  CHECK(unknown->label->name == "Others");
  CHECK(unknown->confidence == 0.0);
}

TEST_CASE(
    "it rewrites an answer with the way to it where the style wants that, and repeats what it does not "
    "know") {
  PracticeTeacher teacher({});
  auto rewritten = [&](const char* style, const std::string& instruction, const std::string& answer) {
    const std::string reply =
        say(teacher, prompt_request(format("rewrite_{}", style),
                                    {{"instruction", instruction}, {"answer", answer}, {"nonce", "k7"}}));
    return or_throw(parse_rewriter_reply(reply, "k7"));
  };
  const Item item = item_number(3);
  CHECK(rewritten("derivation", item.text, "wrong") == item.explanation + "\n" + item.answer);
  CHECK(rewritten("format", item.text, "wrong") == item.answer);
  CHECK(rewritten("voice", "Sing.", "La.") == "La.");
}

}  // namespace retort::practice
