#include "chat/stream.h"

#include "base/log.h"
#include "chat/chat_for_test.h"
#include "chat/sse.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

const std::string kChunks =
    R"(data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})"
    "\n\n"
    R"(data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"},"finish_reason":null}]})"
    "\n\n"
    R"(data: {"choices":[{"index":0,"delta":{"content":"hé"},"finish_reason":null}]})"
    "\n\n"
    R"(data: {"choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":"stop"}]})"
    "\n\n"
    R"(data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}})"
    "\n\ndata: [DONE]\n\n";

const std::string kMessage =
    "event: message_start\n"
    R"(data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}})"
    "\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n"
    R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})"
    "\n\n"
    R"(data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ho"}})"
    "\n\n"
    R"(data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":7}})"
    "\n\ndata: {\"type\":\"message_stop\"}\n\n";

TEST_CASE("events are split at empty lines, however lines end, and comments are passed over") {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    std::string text = ": hello|event: a|data: one|data: two||data:three|id: 7||data: cut";
    std::string bytes;
    for (char c : text) bytes += c == '|' ? std::string(end) : std::string(1, c);
    std::vector<SseEvent> events = parse_sse(bytes);
    REQUIRE(events.size() == 2);
    CHECK(events[0].event == "a");
    CHECK(events[0].data == "one\ntwo");
    CHECK(events[1].event.empty());
    CHECK(events[1].data == "three");
  }
  CHECK(parse_sse("").empty());
  CHECK(parse_sse("\n\n\n").empty());
  CHECK(parse_sse("\xEF\xBB\xBF"
                  "data: a\n\n")
            .size() == 1);
}

TEST_CASE("a streamed chat completion is the same reply as a whole one") {
  auto reply = parse_chat_reply(kChunks);
  REQUIRE(reply.has_value());
  CHECK(reply->text == "héllo");
  CHECK(reply->reasoning == "hm");
  CHECK(reply->finish == Finish::Stop);
  CHECK(reply->tokens_in == 4);
  CHECK(reply->tokens_out == 2);
}

TEST_CASE("a streamed message of Anthropic's is the same reply as a whole one") {
  auto reply = parse_chat_reply(kMessage);
  REQUIRE(reply.has_value());
  CHECK(reply->text == "ho");
  CHECK(reply->reasoning == "hm");
  CHECK(reply->finish == Finish::Length);
  CHECK(reply->tokens_in == 9);
  CHECK(reply->tokens_out == 7);
}

TEST_CASE("a stream that is cut anywhere before its finish is no reply, and never does more than fail") {
  for (const std::string& whole : {kChunks, kMessage}) {
    size_t finish = whole.find(whole == kChunks ? R"("finish_reason":"stop")" : R"("stop_reason")");
    for (size_t cut = 0; cut < whole.size(); ++cut) {
      auto reply = parse_chat_reply(std::string_view(whole).substr(0, cut));
      if (cut < finish) REQUIRE_FALSE(reply.has_value());
    }
  }
}

TEST_CASE("an error inside a stream is one") {
  auto joined = join_stream("data: {\"error\":{\"message\":\"overloaded\"}}\n\n");
  REQUIRE_FALSE(joined.has_value());
  CHECK(joined.error().code == ErrorCode::ServerError);
  CHECK(joined.error().message.find("overloaded") != std::string::npos);
  CHECK(join_stream("data: {nonsense\n\n").error().code == ErrorCode::BadReply);
}

TEST_CASE("long answers are streamed, a cut stream is asked again, and the key of the call is the same") {
  ChatForTest t([](const HttpRequest&, int time) {
    return status(200, {}, time == 1 ? kChunks.substr(0, kChunks.size() / 2) : kChunks);
  });
  t.options.stream_above = 1'000;
  t.make();
  auto replies = t.ask(questions(1));
  REQUIRE(replies[0].has_value());
  CHECK(replies[0]->text == "héllo");
  REQUIRE(t.network.sent.size() == 2);
  Json sent = *parse_json(t.network.sent[0].body);
  CHECK(sent.at_path("stream").bool_or(false));
  CHECK(sent.at_path("stream_options/include_usage").bool_or(false));
  CHECK(t.record(questions(1)[0]).unknown_outcomes == 1);
  CHECK(t.record(questions(1)[0]).tokens_out == 2);
  t.options.stream_above = 100'000;
  t.reopen();
  CHECK(t.ask(questions(1))[0]->text == "héllo");
  CHECK(t.network.sent.size() == 2);
}

}  // namespace
}  // namespace retort
