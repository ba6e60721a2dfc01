// Chat, client and server together on loopback, with the real clock: what a fake network cannot show.
#include <atomic>

#include "base/log.h"
#include "chat/chat_for_test.h"
#include "http/server.h"

namespace retort {
namespace {

struct ChatOverHttp {
  using Script = std::function<HttpServerReply(int time)>;  // counts all requests, from 1
  explicit ChatOverHttp(Script script) {
    set_log_level(LogLevel::Quiet);
    server = or_throw(HttpServer::start("", 0, [this, script](const HttpServerRequest& request) {
      if (request.path != "/v1/chat/completions") return HttpServerReply{404};
      return script(++requests);
    }));
    store = or_throw(RunStore::open(folder.path(), StoreMode::Write));
    options.base_url = format("http://127.0.0.1:{}/v1", server->port());
    options.attempts_max = 3;
  }
  Result<ChatReply> ask_one() { return ask(1)[0]; }
  std::vector<Result<ChatReply>> ask(int count) {
    return make_chat(options, *store, *transport, system_clock())->ask(questions(count));
  }

  TemporaryFolder folder;
  EndpointOptions options;
  std::atomic<int> requests{0};
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpTransport> transport = make_curl_transport(64);
  std::unique_ptr<RunStore> store;
};

HttpServerReply good() {
  HttpServerReply reply;
  reply.body = completion_json("a");
  return reply;
}

TEST_CASE("over real HTTP, a 429 is followed by the reply") {
  ChatOverHttp t([](int time) {
    HttpServerReply reply = good();
    if (time == 1) {
      reply.status = 429;
      reply.headers = {{"Retry-After", "0.05"}};
    }
    return reply;
  });
  CHECK(t.ask_one()->text == "a");
  CHECK(t.requests == 2);
}

TEST_CASE("over real HTTP, a reply whose connection is cut is never half accepted") {
  for (int cut : {0, 1, 50}) {
    ChatOverHttp t([cut](int time) {
      HttpServerReply reply = good();
      if (time == 1) reply.cut_after = cut;
      return reply;
    });
    CHECK(t.ask_one()->text == "a");
    CHECK(t.requests == 2);
  }
}

TEST_CASE("over real HTTP, a server that stalls is a timeout") {
  ChatOverHttp t([](int time) {
    HttpServerReply reply = good();
    if (time == 2) reply.delay_ms = 10'000;
    return reply;
  });
  t.options.timeout_ms = 100;
  t.options.attempts_max = 1;
  t.options.concurrency_max = 1;
  auto replies = t.ask(2);
  CHECK(replies[0].has_value());
  CHECK(replies[1].error().code == ErrorCode::Timeout);
}

TEST_CASE("over real HTTP, a refused connection ends the run") {
  ChatOverHttp t([](int) { return good(); });
  t.server.reset();
  t.options.attempts_max = 1;
  try {
    t.ask(5);
    FAIL("the run did not end");
  } catch (const RunError& e) {
    CHECK(e.code() == ErrorCode::Unreachable);
  }
}

TEST_CASE("over real HTTP, garbage is kept as it came and is a BadReply") {
  ChatOverHttp t([](int) {
    HttpServerReply reply;
    reply.body = std::string("\x00\xff<html>", 8);
    return reply;
  });
  CHECK(t.ask_one().error().code == ErrorCode::BadReply);
  CHECK(t.store->call(chat_call_key(t.options, questions(1)[0]))->reply == std::string("\x00\xff<html>", 8));
}

TEST_CASE("over real HTTP, a reply without end is refused and not sent for again") {
  ChatOverHttp t([](int) {
    HttpServerReply reply;
    reply.body.assign((size_t{64} << 20) + 1, 'x');
    return reply;
  });
  CHECK(t.ask_one().error().code == ErrorCode::BadReply);
  CHECK(t.requests == 1);
}

TEST_CASE("over real HTTP, http to another machine and a key with a line break are refused with advice") {
  ChatOverHttp t([](int) { return good(); });
  auto refused = [&] {
    try {
      t.ask(1);
    } catch (const RunError& e) {
      CHECK(std::string(e.what()).find("canary") == std::string::npos);
      return e.code() == ErrorCode::InvalidArgument;
    }
    return false;
  };
  t.options.key = "canary\r\nX-Evil: 1";
  CHECK(refused());
  t.options.base_url = "http://192.0.2.1/v1";
  CHECK(refused());
  CHECK(t.requests == 0);
}

TEST_CASE("over real HTTP, a thousand requests over 64 connections all come back in order") {
  ChatOverHttp t([](int time) {
    HttpServerReply reply = good();
    if (time % 50 == 0) reply.status = 500;
    if (time % 70 == 0) reply.cut_after = 10;
    return reply;
  });
  t.options.attempts_max = 8;
  auto replies = t.ask(1000);
  for (const auto& reply : replies) CHECK(reply.has_value());
  CHECK(t.store->call_totals()["teacher"].done == 1000);
}

}  // namespace
}  // namespace retort
