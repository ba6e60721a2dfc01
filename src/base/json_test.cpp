#include "base/json.h"

#include "base/random.h"
#include "base/test.h"

namespace retort {

TEST_CASE("a value survives dump and parse") {
  Json json = Json::object();
  json.set("text", "a\"b\\c\n\x01 é").set("whole", 42).set("real", 0.1).set("none", Json()).set("yes", true);
  json.set("list", Json::array().push(1).push("two").push(Json::object()));
  CHECK(or_throw(parse_json(json.dump())) == json);
  CHECK(or_throw(parse_json(json.dump(2))) == json);
}

TEST_CASE("the canonical form does not depend on the order of members") {
  Json a = Json::object(), b = Json::object();
  a.set("x", 1).set("y", 2);
  b.set("y", 2).set("x", 1);
  CHECK(a.dump() != b.dump());
  CHECK(a.canonical() == b.canonical());
}

TEST_CASE("a double prints so that it reads back to the same bits, and stays a double") {
  Random random(1, "doubles");
  for (int i = 0; i < 1'000; ++i) {
    const double x = random.normal() * 1e6;
    const Json back = or_throw(parse_json(Json(x).dump()));
    CHECK(back.number_or(0) == x);
    CHECK_FALSE(back.is_integer());
  }
  CHECK(Json(2.0).dump() == "2.0");
  CHECK(Json(1.0 / 0.0).dump() == "null");
}

TEST_CASE("every truncation of a text is an error and never a crash") {
  const std::string text = R"({"a":[1,2.5,{"b":"c\u00e9\n"}],"d":null,"e":true})";
  for (size_t n = 0; n < text.size(); ++n) CHECK_FALSE(parse_json(text.substr(0, n)));
  CHECK(parse_json(text));
}

TEST_CASE("nesting beyond the limit, invalid UTF-8 and trailing text are refused") {
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']')));
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
  CHECK_FALSE(parse_json("\"\xff\""));
  CHECK_FALSE(parse_json("{} x"));
  CHECK_FALSE(parse_json("NaN"));
}

TEST_CASE("a path leads to the value, and to null where it ends") {
  const Json json = or_throw(parse_json(R"({"choices":[{"message":{"content":"hi"}}]})"));
  CHECK(json.at_path("choices/0/message/content").string_or("") == "hi");
  CHECK(json.at_path("choices/1/message").is_null());
  CHECK(json.at_path("choices/x").is_null());
  CHECK(json.at_path("choices/0/message/content/deeper").is_null());
}

TEST_CASE("a repeated member counts once, and the last one wins") {
  CHECK(or_throw(parse_json(R"({"a":1,"a":2})")).find("a")->integer_or(0) == 2);
}

}  // namespace retort
