#include "serve/openai_api.h"

#include "base/json.h"
#include "base/log.h"
#include "base/test.h"
#include "serve/fake_live_student.h"
#include "serve/openai_reply.h"

namespace retort {
namespace {

std::unique_ptr<ServeEngine> engine_of(LiveStudent* model) {
  return std::make_unique<ServeEngine>(std::unique_ptr<LiveStudent>(model), EngineOptions{.waiting_max = 8});
}

struct Stand {
  FakeLiveStudent* model = new FakeLiveStudent;  // the engine's
  ModelShelf models{"small", engine_of(model)};
  ServeEngine& engine = models.main();
  OpenAiApi api{models, system_clock(), {}};

  HttpServerReply ask(std::string body, std::string path = "/v1/chat/completions",
                      std::string method = "POST") {
    HttpServerRequest request{.method = std::move(method), .path = std::move(path), .body = std::move(body)};
    request.headers = {{"host", "localhost"}};
    return *api.respond(request);
  }
};

std::string chat(std::string_view text, std::string_view more = "") {
  return format(R"({{"model":"small","messages":[{{"role":"user","content":"{}"}}]{}}})", text, more);
}

std::vector<std::string> sent_by(const HttpServerReply& reply) {
  std::vector<std::string> sent;
  reply.stream([&](std::string_view piece) { return sent.emplace_back(piece), true; });
  return sent;
}

TEST_CASE("another model is opened when it is asked for, kept, and gone when the next one is") {
  std::vector<std::string> opened;
  ModelShelf models("main", engine_of(new FakeLiveStudent),
                    {.names =
                         [] {
                           return std::vector<std::string>{"a", "b"};
                         },
                     .open = [&](const std::string& name) -> Result<std::unique_ptr<ServeEngine>> {
                       opened.push_back(name);
                       if (name == "b") return Error{ErrorCode::Malformed, "no weights"};
                       return engine_of(new FakeLiveStudent);
                     }});
  CHECK(models.names() == std::vector<std::string>{"main", "a", "b"});
  CHECK(or_throw(models.find("main")).get() == &models.main());
  CHECK(opened.empty());
  const std::weak_ptr<ServeEngine> first = or_throw(models.find("a"));
  CHECK(or_throw(models.find("a")) == first.lock());
  CHECK(opened.size() == 1);
  CHECK(models.find("b").error().message == "no weights");
  CHECK(first.expired());
  CHECK(models.find("../a").error().code == ErrorCode::NotFound);
  OpenAiApi api(models, system_clock(), {});
  HttpServerRequest request{.method = "POST",
                            .path = "/v1/chat/completions",
                            .body = R"({"model":"a","messages":[{"role":"user","content":"hi"}]})"};
  request.headers = {{"host", "localhost"}};
  CHECK(or_throw(parse_json(api.respond(request)->body)).at_path("model").string_or("") == "a");
  request.body = R"({"model":"b","messages":[{"role":"user","content":"hi"}]})";
  CHECK(api.respond(request)->status == 500);
  request = {.method = "GET", .path = "/v1/models/a"};
  request.headers = {{"host", "localhost"}};
  CHECK(or_throw(parse_json(api.respond(request)->body)).at_path("id").string_or("") == "a");
  request.path = "/v1/models/c";
  CHECK(api.respond(request)->status == 404);
}

TEST_CASE("a whole reply holds every piece, and the usage") {
  Stand stand;
  const Json reply = or_throw(parse_json(stand.ask(chat("four")).body));
  CHECK(reply.at_path("choices/0/message/content").string_or("") == "abc");
  CHECK(reply.at_path("choices/0/finish_reason").string_or("") == "stop");
  CHECK(reply.at_path("usage/prompt_tokens").integer_or(0) == 5);
  CHECK(reply.at_path("usage/completion_tokens").integer_or(0) == 3);
}

TEST_CASE("a stream opens with the role, ends with [DONE], and has the text between") {
  Stand stand;
  std::string all, text;
  for (const std::string& sent : sent_by(stand.ask(chat("x", R"(,"stream":true)")))) all += sent;
  CHECK(all.ends_with("data: [DONE]\n\n"));
  CHECK(all.find(R"("role":"assistant")") < all.find(R"("content":"a")"));
  CHECK(all.find(R"("content":"c")") != std::string::npos);
  CHECK(all.find(R"("usage")") == std::string::npos);
}

TEST_CASE("several prompts keep their order, each with its samples") {
  Stand stand;
  const Json reply = or_throw(parse_json(
      stand.ask(R"({"model":"small","prompt":["one","two"],"max_tokens":2})", "/v1/completions").body));
  REQUIRE(reply.at_path("choices").size() == 2);
  CHECK(reply.at_path("choices/1/text").string_or("") == "ab");
  CHECK(reply.at_path("usage/prompt_tokens").integer_or(0) == 6);
}

TEST_CASE("what the template refuses is the client's error, in the template's words") {
  Stand stand;
  const HttpServerReply reply = stand.ask(chat("refuse"));
  CHECK(reply.status == 400);
  CHECK(reply.body.find("roles must alternate") != std::string::npos);
  CHECK(reply.body.find(R"("param":"messages")") != std::string::npos);
}

TEST_CASE("a client that has gone is let go of, and its samples with it") {
  Stand stand;
  HttpServerReply reply = stand.ask(chat("x", R"(,"stream":true,"max_tokens":1000000)"));
  int sent = 0;
  reply.stream([&](std::string_view) { return ++sent < 3; });
  for (int i = 0; i < 1'000 && stand.engine.figures().live > 0; ++i) system_clock().sleep_ms(2);
  stand.ask(chat("x"));  // one more step tells that nobody else is there
  CHECK(stand.engine.figures().live <= 1);
  CHECK(stand.ask("", "/metrics", "GET").body.find("retort_client_disconnects_total 1") != std::string::npos);
}

TEST_CASE("when the model fails, who waits is told, and so is whoever comes") {
  set_log_level(LogLevel::Quiet);
  Stand stand;
  CHECK(stand.ask("", "/health", "GET").status == 200);
  const HttpServerReply stream = stand.ask(chat("x", R"(,"stream":true,"max_tokens":1000000)"));
  stand.model->fails = true;
  std::string all;
  for (const std::string& sent : sent_by(stream)) all += sent;
  CHECK(all.find("no memory is left") != std::string::npos);
  CHECK(all.find("[DONE]") == std::string::npos);
  CHECK(stand.ask(chat("x")).status == 500);
  CHECK(stand.ask("", "/health", "GET").status == 503);
  CHECK(stand.engine.failure().has_value());
  set_log_level(LogLevel::Info);
}

TEST_CASE("who was taken in waits on until a step has given it a slot, and counts among those who wait") {
  auto* model = new FakeLiveStudent(1);
  std::counting_semaphore<> pace(0);
  model->pace = &pace;
  ServeEngine engine{std::unique_ptr<LiveStudent>(model), {.waiting_max = 2}};
  struct Release {
    std::counting_semaphore<>& pace;
    ~Release() { pace.release(1'000); }  // or the engine would never end
  } at_the_end{pace};
  auto submit = [&] {
    std::vector<LiveRequest> one(1);
    one[0].prompt = {1};
    one[0].settings.tokens_max = 50;
    return engine.submit(std::move(one), ServeEngine::Wake::AtEnd);
  };
  auto wait_for_step = [&](int number) {
    while (model->entered < number) std::this_thread::yield();
  };
  std::vector<Result<std::unique_ptr<ServeEngine::Ticket>>> tickets;
  tickets.push_back(submit());
  wait_for_step(1);
  pace.release();
  wait_for_step(2);
  tickets.push_back(submit());
  tickets.push_back(submit());
  CHECK(engine.figures().waiting == 2);
  pace.release();
  wait_for_step(3);  // both were taken in, and the one slot is busy
  CHECK(engine.figures().waiting == 2);
  const auto refused = submit();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::RateLimited);
}

TEST_CASE("no truncation and no changed byte of a request makes anything but a reply or an error") {
  const std::string good =
      chat("x", R"(,"n":2,"stop":["a","b"],"temperature":0.5,"logprobs":true,"top_logprobs":2)");
  for (size_t end = 0; end < good.size(); ++end)
    CHECK(std::holds_alternative<ApiError>(parse_completion(Endpoint::Chat, good.substr(0, end), 1)));
  for (size_t i = 0; i < good.size(); ++i)
    for (char c : {'\0', '"', '{', ']', '9', '\xff'}) {
      std::string changed = good;
      changed[i] = c;
      for (Endpoint endpoint : {Endpoint::Chat, Endpoint::Completions}) {
        const auto parsed = parse_completion(endpoint, changed, 1);
        if (const ApiError* error = std::get_if<ApiError>(&parsed)) CHECK_FALSE(error->message.empty());
      }
    }
}

TEST_CASE("another's path is left to another") {
  Stand stand;
  HttpServerRequest request{.method = "GET", .path = "/api/run"};
  CHECK_FALSE(stand.api.respond(request).has_value());
}

}  // namespace
}  // namespace retort
