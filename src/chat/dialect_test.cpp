// How each provider is asked, and that what it sends back is read.
#include "chat/dialect.h"

#include "base/log.h"
#include "chat/chat_for_test.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

EndpointOptions endpoint(const std::string& dialect) {
  EndpointOptions options;
  options.dialect = dialect;
  options.model = "m";
  return options;
}
ChatRequest question() {
  ChatRequest request;
  request.role = "teacher";
  request.messages = {{"system", "be brief"}, {"user", "hi"}};
  return request;
}
Json asked(const std::string& dialect, const ChatRequest& request) {
  return *parse_json(chat_request_json(endpoint(dialect), request));
}

TEST_CASE("Anthropic's messages have the system apart, a version header and the key in x-api-key") {
  ChatForTest t([](const HttpRequest&, int) {
    return status(
        200, {},
        R"({"type":"message","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"ho"}],)"
        R"("stop_reason":"end_turn","usage":{"input_tokens":9,"cache_read_input_tokens":4,)"
        R"("cache_creation_input_tokens":2,"output_tokens":3}})");
  });
  t.options.dialect = "anthropic";
  t.options.base_url = "http://127.0.0.1:1/v1";
  t.options.key = "sk-canary-0123456789";
  t.make();
  ChatRequest request = question();
  request.sampling.stop = {"END"};
  auto replies = t.ask({request});
  REQUIRE(replies[0].has_value());
  CHECK(replies[0]->text == "ho");
  CHECK(replies[0]->reasoning == "hm");
  CHECK(replies[0]->finish == Finish::Stop);
  CHECK(replies[0]->tokens_in == 15);
  CHECK(replies[0]->tokens_out == 3);
  const auto& sent = t.network.sent[0];
  CHECK(sent.url == "http://127.0.0.1:1/v1/messages");
  CHECK(sent.headers == HttpHeaders{{"content-type", "application/json"},
                                    {"anthropic-version", "2023-06-01"},
                                    {"x-api-key", "sk-canary-0123456789"}});
  CHECK(sent.body == R"({"max_tokens":1024,"messages":[{"content":"hi","role":"user"}],"model":"m",)"
                     R"("stop_sequences":["END"],"system":"be brief","temperature":0.7})");
  CHECK(t.store->call_totals()["teacher"].tokens_cached == 4);
}

TEST_CASE("Anthropic's stop reasons are the finishes they mean") {
  auto finish = [](const std::string& reason) {
    return parse_chat_reply(R"({"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":)" +
                            reason + "}");
  };
  CHECK(finish("\"end_turn\"")->finish == Finish::Stop);
  CHECK(finish("\"stop_sequence\"")->finish == Finish::Stop);
  CHECK(finish("\"max_tokens\"")->finish == Finish::Length);
  CHECK(finish("\"pause_turn\"")->finish == Finish::Other);
  CHECK(finish("null")->finish == Finish::Other);
  CHECK(finish("\"refusal\"").error().code == ErrorCode::Filtered);
  CHECK(parse_chat_reply(R"({"type":"message","content":"a"})").error().code == ErrorCode::BadReply);
  CHECK(parse_chat_reply(R"({"type":"error","error":{"type":"overloaded_error","message":"busy"}})")
            .error()
            .code == ErrorCode::BadReply);
}

TEST_CASE("models that think take max_completion_tokens and no temperature") {
  Json json = asked("openai-reasoning", question());
  CHECK(json.at_path("max_completion_tokens").integer_or(0) == 1'024);
  CHECK(json.find("max_tokens") == nullptr);
  CHECK(json.find("temperature") == nullptr);
}

TEST_CASE("a schema, samples and log-probabilities are asked for as each dialect wants them") {
  ChatRequest request = question();
  request.sampling.json_schema = R"({"type":"object"})";
  for (const char* name : {"openai", "vllm", "sglang", "llamacpp", "ollama"}) {
    Json json = asked(name, request);
    CHECK(json.at_path("response_format/type").string_or("") == "json_schema");
    CHECK(json.at_path("response_format/json_schema/schema/type").string_or("") == "object");
  }
  CHECK(asked("anthropic", request).at_path("output_config/format/schema/type").string_or("") == "object");
  request.sampling.samples = 3;
  request.sampling.top_logprobs = 5;
  Json json = asked("vllm", request);
  CHECK(json.at_path("n").integer_or(0) == 3);
  CHECK(json.at_path("logprobs").bool_or(false));
  CHECK(json.at_path("top_logprobs").integer_or(0) == 5);
}

TEST_CASE("what a dialect does not offer is said before anything is paid for") {
  auto offered = [](const char* name, auto change) {
    ChatRequest request = question();
    change(request.sampling);
    return check_offered(**find_dialect(name), request).has_value();
  };
  auto samples = [](ChatSampling& sampling) { sampling.samples = 2; };
  auto logprobs = [](ChatSampling& sampling) { sampling.top_logprobs = 1; };
  auto hot = [](ChatSampling& sampling) { sampling.temperature = 1.2; };
  auto schema = [](ChatSampling& sampling) { sampling.json_schema = "no schema"; };
  CHECK(offered("vllm", samples));
  CHECK_FALSE(offered("llamacpp", samples));
  CHECK_FALSE(offered("anthropic", samples));
  CHECK(offered("ollama", logprobs));
  CHECK_FALSE(offered("anthropic", logprobs));
  CHECK(offered("openai", hot));
  CHECK_FALSE(offered("anthropic", hot));
  CHECK_FALSE(offered("openai", schema));
  CHECK(find_dialect("antropic").error().message.find("anthropic") != std::string::npos);
}

TEST_CASE("several samples and log-probabilities come back with the reply") {
  auto reply = parse_chat_reply(
      R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop","logprobs":{"content":[)"
      R"({"token":"a","logprob":-0.5,"top_logprobs":[{"token":"a","logprob":-0.5},{"token":"b","logprob":-1.5}]}]}},)"
      R"({"message":{"content":"b"},"finish_reason":"stop"}]})");
  REQUIRE(reply.has_value());
  CHECK(reply->other_samples == std::vector<std::string>{"b"});
  REQUIRE(reply->logprobs.size() == 1);
  CHECK(reply->logprobs[0].logprob == -0.5);
  CHECK(reply->logprobs[0].top[1] == std::pair<std::string, double>{"b", -1.5});
}

TEST_CASE("thoughts are kept apart from the text, under every name that servers give them") {
  auto reply = [](const std::string& message) {
    return *parse_chat_reply(R"({"choices":[{"message":)" + message + R"(,"finish_reason":"stop"}]})");
  };
  for (const char* message :
       {R"({"content":"a","reasoning_content":"hm"})", R"({"content":"a","reasoning":"hm"})",
        R"({"content":"<think>hm</think>\n\na"})"}) {
    CHECK(reply(message).text == "a");
    CHECK(reply(message).reasoning == "hm");
  }
  CHECK(reply(R"({"content":"<think>cut while think"})").text.empty());
  CHECK(reply(R"({"content":"see <think> in HTML"})").text == "see <think> in HTML");
}

TEST_CASE("a server that aborts a request in the middle has sent no reply") {
  CHECK(parse_chat_reply(R"({"choices":[{"message":{"content":"ha"},"finish_reason":"abort"}]})")
            .error()
            .code == ErrorCode::BadReply);
}

}  // namespace
}  // namespace retort
