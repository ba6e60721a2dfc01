#include "chat/reply.h"

#include "base/json.h"
#include "base/test.h"
#include "chat/chat.h"

namespace retort {
namespace {

std::string with_message(const std::string& message, const std::string& finish = "\"stop\"") {
  return R"({"choices":[{"index":0,"message":)" + message + R"(,"finish_reason":)" + finish + "}]}";
}

ErrorCode code_of(const Result<ChatReply>& reply) {
  REQUIRE_FALSE(reply.has_value());
  return reply.error().code;
}

TEST_CASE("a reply gives its text, its reasoning, its finish and its tokens") {
  auto reply = parse_chat_reply(
      R"({"id":"x","choices":[{"message":{"role":"assistant","content":"héllo","reasoning_content":"hm","refusal":null},)"
      R"("finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7}})");
  REQUIRE(reply.has_value());
  CHECK(reply->text == "héllo");
  CHECK(reply->reasoning == "hm");
  CHECK(reply->finish == Finish::Stop);
  CHECK(reply->tokens_in == 11);
  CHECK(reply->tokens_out == 7);
}

TEST_CASE("a reply cut at its token limit is a reply") {
  auto reply = parse_chat_reply(with_message(R"({"content":"half"})", "\"length\""));
  REQUIRE(reply.has_value());
  CHECK(reply->finish == Finish::Length);
}

TEST_CASE("no finish reason, and one that nobody knows, are Other") {
  for (const char* finish : {"null", "\"tool_calls\"", "7", "{}"}) {
    auto reply = parse_chat_reply(with_message(R"({"content":"a"})", finish));
    REQUIRE(reply.has_value());
    CHECK(reply->finish == Finish::Other);
  }
}

TEST_CASE("content may be parts, of which the texts count") {
  auto reply = parse_chat_reply(with_message(
      R"({"content":[{"type":"text","text":"a"},{"type":"image_url"},{"type":"text","text":"b"}]})"));
  REQUIRE(reply.has_value());
  CHECK(reply->text == "ab");
}

TEST_CASE("content null is an empty text, missing content is no reply") {
  CHECK(parse_chat_reply(with_message(R"({"content":null})", "\"length\""))->text.empty());
  CHECK(code_of(parse_chat_reply(with_message(R"({"role":"assistant"})"))) == ErrorCode::BadReply);
}

TEST_CASE("refusals and the content filter are Filtered") {
  CHECK(code_of(parse_chat_reply(with_message(R"({"content":null,"refusal":"I won't"})"))) ==
        ErrorCode::Filtered);
  CHECK(code_of(parse_chat_reply(with_message(R"({"refusal":"I won't"})"))) == ErrorCode::Filtered);
  CHECK(code_of(parse_chat_reply(with_message(R"({"content":[{"type":"refusal","refusal":"no"}]})"))) ==
        ErrorCode::Filtered);
  CHECK(code_of(parse_chat_reply(with_message(R"({"content":"so"})", "\"content_filter\""))) ==
        ErrorCode::Filtered);
}

TEST_CASE("missing or odd usage counts as nothing") {
  for (const char* usage :
       {"null", "[]", "3", R"({"prompt_tokens":"9"})", R"({"prompt_tokens":-4,"completion_tokens":1.5})"}) {
    auto reply =
        parse_chat_reply(R"({"choices":[{"message":{"content":"a"}}],"usage":)" + std::string(usage) + "}");
    REQUIRE(reply.has_value());
    CHECK(reply->tokens_in == 0);
    CHECK(reply->tokens_out == 0);
  }
}

TEST_CASE("what is no chat completion is a BadReply") {
  const std::string deep(100'000, '[');
  const char* const bad[] = {"",
                             "garbage",
                             "null",
                             "[]",
                             "{}",
                             "7",
                             "\"text\"",
                             R"({"choices":null})",
                             R"({"choices":[]})",
                             R"({"choices":{}})",
                             R"({"choices":[null]})",
                             R"({"choices":[[]]})",
                             R"({"choices":[{"message":null}]})",
                             R"({"choices":[{"message":"hello"}]})",
                             R"({"choices":[{"message":{"content":5}}]})",
                             R"({"choices":[{"message":{"content":{}}}]})",
                             R"({"choices":[{"message":{"content":["a"]}}]})",
                             R"({"choices":[{"message":{"content":"\ud800"}}]})",
                             "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}",
                             R"({"choices":[{"message":{"content":"a"}}]} trailing)",
                             R"({"choices":[{"message":{"content":"a"}}],"x":NaN})",
                             deep.c_str()};
  for (const char* text : bad) {
    INFO(std::string(text).substr(0, 80));
    CHECK(code_of(parse_chat_reply(text)) == ErrorCode::BadReply);
  }
}

TEST_CASE("an error object is a BadReply with the server's own words, even beside choices") {
  auto reply = parse_chat_reply(
      R"({"error":{"message":"model over\u001bloaded","code":503},"choices":[{"message":{"content":"a"}}]})");
  CHECK(code_of(reply) == ErrorCode::BadReply);
  CHECK(reply.error().message.find("model over\\x1bloaded") != std::string::npos);
  CHECK(parse_chat_reply(R"({"error":null,"choices":[{"message":{"content":"a"}}]})").has_value());
}

TEST_CASE("a reply of 2 KB that is cut anywhere is a BadReply") {
  Json json = Json::object();
  Json choice = Json::object();
  choice.set(
      "message",
      Json::object().set("role", "assistant").set("content", std::string(1700, 'x') + "é\"\n" + "tail"));
  choice.set("finish_reason", "stop");
  json.set("id", "chatcmpl-1").set("choices", Json::array().push(choice));
  json.set("usage", Json::object().set("prompt_tokens", 4).set("completion_tokens", 900));
  std::string whole = json.dump(2);
  while (whole.size() < 2048) whole.insert(whole.size() - 1, " ");
  REQUIRE(parse_chat_reply(whole).has_value());
  for (size_t cut = 0; cut < whole.size(); ++cut)
    REQUIRE(code_of(parse_chat_reply(std::string_view(whole).substr(0, cut))) == ErrorCode::BadReply);
}

TEST_CASE("a reply with any one byte changed never does more than fail") {
  const std::string whole = with_message(R"({"content":"abc","refusal":null})");
  for (size_t at = 0; at < whole.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(byte);
      auto reply = parse_chat_reply(damaged);
      if (!reply) {
        bool known = reply.error().code == ErrorCode::BadReply || reply.error().code == ErrorCode::Filtered;
        REQUIRE(known);
      }
    }
}

TEST_CASE("the error text is the API's message, else the beginning of the body, on one safe line") {
  CHECK(reply_error_text(R"({"error":{"message":"too\nlong"}})") == "too\\nlong");
  CHECK(reply_error_text(R"({"error":"flat"})") == "flat");
  CHECK(reply_error_text(R"([{"error":{"message":"in an array"}}])") == "in an array");
  CHECK(reply_error_text(R"({"message":"top"})") == "top");
  CHECK(reply_error_text(R"({"detail":"Not Found"})") == "Not Found");
  CHECK(reply_error_text("<html>\x1b[31m") == "<html>\\x1b[31m");
  CHECK(reply_error_text("") == "(an empty body)");
  CHECK(reply_error_text(std::string(1 << 20, 'x')).size() < 1000);
}

}  // namespace
}  // namespace retort
