#include "practice/question.h"

#include "base/hash.h"
#include "base/test.h"
#include "base/utf8.h"
#include "practice/requests_for_test.h"

namespace retort::practice {
namespace {

Question question_with(std::optional<int64_t> tokens_max, std::vector<std::string> stop = {}) {
  return {.hash = std::string(64, 'a'),
          .messages = {{"user", "a"}},
          .tokens_max = tokens_max,
          .stop = std::move(stop)};
}
std::string finish_of(const std::string& body) {
  return std::string(parse_json(body)->at_path("choices/0/finish_reason").string_or("?"));
}
std::string error_for(const Json& request) {
  Result<Question> question = parse_question(request.dump());
  return question ? "" : question.error().message;
}

}  // namespace

TEST_CASE("tokens are pieces of four code points within words") {
  CHECK(count_tokens("") == 0);
  CHECK(count_tokens(" \n\t") == 0);
  CHECK(count_tokens("Sort these: 12345") == 5);
  CHECK(count_tokens("éééé é") == 2);
}

TEST_CASE("a reply is cut at the token limit and says so") {
  std::string body = completion_json(question_with(2), "Sort these numbers");
  CHECK(content_of(body) == "Sort thes");
  CHECK(finish_of(body) == "length");
  CHECK(parse_json(body)->at_path("usage/completion_tokens").integer_or(0) == 2);
}

TEST_CASE("a reply that just fits the limit stops by itself") {
  std::string body = completion_json(question_with(4), "Sort these numb");
  CHECK(content_of(body) == "Sort these numb");
  CHECK(finish_of(body) == "stop");
}

TEST_CASE("a cut never splits a code point") {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "añ€😀b";
  for (int limit = 1; limit < 40; ++limit)
    CHECK(valid_utf8(content_of(completion_json(question_with(limit), text))));
}

TEST_CASE("the first stop string ends a reply") {
  CHECK(content_of(completion_json(question_with({}, {"\n", "END"}), "one END two\nthree")) == "one ");
}

TEST_CASE("the same request in another order of members has the same hash") {
  Json a = Json::object()
               .set("model", "m")
               .set("messages", Json::array().push(Json::object().set("role", "user").set("content", "x")));
  Json b = Json::object().set("messages", a.at_path("messages")).set("model", "m");
  CHECK(a.dump() != b.dump());
  CHECK(parse_question(a.dump())->hash == parse_question(b.dump())->hash);
}

TEST_CASE("the hash is the SHA-256 of the canonical request and another seed is another hash") {
  Json request = teacher_request("x");
  std::string hash = parse_question(request.dump())->hash;
  CHECK(hash == sha256_hex(request.canonical()));
  CHECK(hash != parse_question(request.set("seed", 1).dump())->hash);
}

TEST_CASE("content may come in text parts, and developer is system") {
  Json parts = Json::array();
  parts.push(Json::object().set("type", "text").set("text", "a"))
      .push(Json::object().set("type", "text").set("text", "b"));
  Json request = request_of({{"developer", "d"}, {"user", ""}});
  Json messages = Json::array();
  messages.push(request.at_path("messages/0")).push(Json::object().set("role", "user").set("content", parts));
  Result<Question> question = parse_question(request.set("messages", messages).dump());
  REQUIRE(question);
  CHECK(question->messages[0].role == "system");
  CHECK(question->messages[1].content == "ab");
}

TEST_CASE("every truncation of a valid body is an error") {
  std::string body = referee_request("Which is larger, 3 or 4?", "4", "\"3\"\n").set("seed", 3).dump();
  REQUIRE(parse_question(body));
  for (size_t length = 0; length < body.size(); ++length) CHECK_FALSE(parse_question(body.substr(0, length)));
}

TEST_CASE("wrong types and what this server does not do are errors that name the field") {
  Json good = teacher_request("x");
  REQUIRE(error_for(good).empty());
  struct Wrong {
    const char* name;
    Json value;
  };
  Json no_content = Json::array().push(Json::object().set("role", "user"));
  Json image = Json::array().push(Json::object().set("type", "image_url"));
  Json with_image = Json::array().push(Json::object().set("role", "user").set("content", image));
  const std::vector<Wrong> wrongs = {{"model", 3},
                                     {"model", nullptr},
                                     {"messages", nullptr},
                                     {"messages", Json::array()},
                                     {"messages", "x"},
                                     {"messages", Json::array().push(1)},
                                     {"messages", no_content},
                                     {"messages", with_image},
                                     {"max_tokens", 0},
                                     {"max_tokens", "9"},
                                     {"max_tokens", 1.5},
                                     {"max_completion_tokens", -1},
                                     {"stop", 1},
                                     {"stop", Json::array().push(1)},
                                     {"temperature", "hot"},
                                     {"temperature", 3},
                                     {"top_p", -0.1},
                                     {"seed", 0.5},
                                     {"n", 2},
                                     {"n", "1"},
                                     {"stream", true},
                                     {"stream", 1}};
  for (const Wrong& wrong : wrongs) {
    std::string message = error_for(Json(good).set(wrong.name, wrong.value));
    CAPTURE(wrong.name);
    CAPTURE(wrong.value.dump());
    CHECK(message.find(wrong.name == std::string("stream") ? "stream" : wrong.name) != std::string::npos);
  }
}

TEST_CASE("bodies that are no object are errors") {
  for (const char* body : {"", "null", "[]", "3", "\"x\"", "{", "{}", "\xff\xfe", "{\"model\": \"\xff\"}"}) {
    CAPTURE(body);
    CHECK_FALSE(parse_question(body));
  }
  CHECK_FALSE(parse_question(std::string(100'000, '[')));
}

TEST_CASE("an error body is an OpenAI error object whatever its text holds") {
  Result<Json> error = parse_json(error_json("a \"quote\"\n\xff", "invalid_request_error", ""));
  REQUIRE(error);
  CHECK(error->at_path("error/type").string_or("") == "invalid_request_error");
  CHECK(error->at_path("error/code").is_null());
}

}  // namespace retort::practice
