#include "http/server.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/format.h"
#include "base/log.h"
#include "base/test.h"
#include "http/client.h"

namespace retort {
namespace {

HttpServerReply fine(const HttpServerRequest&) {
  HttpServerReply reply;
  reply.body = "fine";
  return reply;
}

HttpRequest request_to(int port, uint64_t id) {
  HttpRequest request;
  request.id = id;
  request.url = format("http://127.0.0.1:{}/", port);
  request.timeout_ms = 20'000;
  return request;
}

std::vector<HttpCompletion> all_of(HttpTransport& transport) {
  std::vector<HttpCompletion> all;
  while (transport.in_flight() > 0)
    for (HttpCompletion& done : transport.poll(1000)) all.push_back(std::move(done));
  return all;
}

double ms_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

TEST_CASE("a taken port is Unreachable, with advice") {
  auto first = or_throw(HttpServer::start("", 0, fine));
  auto second = HttpServer::start("", first->port(), fine);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == ErrorCode::Unreachable);
  CHECK(second.error().message.find("another port") != std::string::npos);
}

TEST_CASE("a port is free again right after its server ended") {
  int port = or_throw(HttpServer::start("", 0, fine))->port();
  for (int i = 0; i < 5; ++i) CHECK(HttpServer::start("127.0.0.1", port, fine).has_value());
}

TEST_CASE("three hundred slow replies are under way at once, none waits for another's connection") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) {
    HttpServerReply reply;
    reply.delay_ms = 300;
    return reply;
  }));
  auto transport = make_curl_transport(300);
  auto begin = std::chrono::steady_clock::now();
  for (uint64_t id = 0; id < 300; ++id) transport->start(request_to(server->port(), id));
  for (const HttpCompletion& done : all_of(*transport)) CHECK(done.reply.has_value());
  CHECK(ms_since(begin) < 5'000);
}

TEST_CASE("a server ends at once, whatever is open or asleep in it") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest& request) {
    HttpServerReply reply;
    reply.delay_ms = request.path == "/slow" ? 60'000 : 0;
    return reply;
  }));
  auto transport = make_curl_transport(8);
  transport->start(request_to(server->port(), 1));
  all_of(*transport);  // leaves an idle connection behind
  HttpRequest slow = request_to(server->port(), 2);
  slow.url += "slow";
  transport->start(std::move(slow));
  transport->poll(50);
  auto begin = std::chrono::steady_clock::now();
  server.reset();
  CHECK(ms_since(begin) < 5'000);
  CHECK_FALSE(all_of(*transport)[0].reply.has_value());
}

TEST_CASE("a handler that throws is a 500, and the server goes on") {
  set_log_level(LogLevel::Quiet);
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest& request) -> HttpServerReply {
    if (request.body == "bad") throw std::runtime_error("canary");
    return {};
  }));
  auto transport = make_curl_transport(1);
  HttpRequest bad = request_to(server->port(), 1);
  bad.body = "bad";
  transport->start(std::move(bad));
  auto done = all_of(*transport);
  CHECK(done[0].reply->status == 500);
  CHECK(done[0].reply->body.find("canary") == std::string::npos);
  transport->start(request_to(server->port(), 2));
  CHECK(all_of(*transport)[0].reply->status == 200);
  set_log_level(LogLevel::Info);
}

TEST_CASE("a connection serves many requests") {
  auto server = or_throw(HttpServer::start("", 0, fine));
  auto transport = make_curl_transport(1);
  for (uint64_t id = 0; id < 300; ++id) {
    transport->start(request_to(server->port(), id));
    auto done = all_of(*transport);
    REQUIRE(done[0].reply.has_value());
    CHECK(done[0].reply->header("connection") != "close");
  }
}

// Sends "1", "2", ... every few milliseconds, until the client has gone or `count` were sent.
HttpServerReply counting(int count, std::atomic<int>& sent) {
  HttpServerReply reply{.content_type = "text/event-stream"};
  reply.stream = [count, &sent](const HttpSend& send) {
    for (int i = 1; i <= count && send(format("{}\n", i)); ++i) {
      sent = i;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  return reply;
}

TEST_CASE("a streamed body arrives whole, and the connection serves on") {
  std::atomic<int> sent = 0;
  auto server =
      or_throw(HttpServer::start("", 0, [&](const HttpServerRequest&) { return counting(4, sent); }));
  auto transport = make_curl_transport(1);
  for (uint64_t id = 0; id < 3; ++id) {
    transport->start(request_to(server->port(), id));
    auto done = all_of(*transport);
    REQUIRE(done[0].reply.has_value());
    CHECK(done[0].reply->body == "1\n2\n3\n4\n");
    CHECK(done[0].reply->header("content-type") == "text/event-stream");
    CHECK(done[0].reply->header("connection") != "close");
  }
}

TEST_CASE("a stream that throws cuts its own reply, and the server goes on") {
  set_log_level(LogLevel::Quiet);
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest& request) {
    HttpServerReply reply = fine(request);
    if (request.path == "/") return reply;
    reply.stream = [](const HttpSend& send) {
      send("begun");
      throw std::runtime_error("the store went away");
    };
    return reply;
  }));
  auto transport = make_curl_transport(2);
  HttpRequest broken = request_to(server->port(), 1);
  broken.url += "stream";
  transport->start(std::move(broken));
  CHECK_FALSE(all_of(*transport)[0].reply.has_value());
  transport->start(request_to(server->port(), 2));
  auto done = all_of(*transport);
  REQUIRE(done[0].reply.has_value());
  CHECK(done[0].reply->body == "fine");
  set_log_level(LogLevel::Info);
}

TEST_CASE("a hundred streams are under way at once, and another request waits for none of them") {
  std::atomic<int> sent = 0;
  auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest& request) {
    return request.path == "/quick" ? HttpServerReply{.body = "fine"} : counting(200, sent);
  }));
  auto transport = make_curl_transport(200);
  for (uint64_t id = 0; id < 100; ++id) transport->start(request_to(server->port(), id));
  transport->poll(50);
  HttpRequest quick = request_to(server->port(), 1'000);
  quick.url += "quick";
  auto begin = std::chrono::steady_clock::now();
  transport->start(std::move(quick));
  bool came = false;
  while (!came)
    for (const HttpCompletion& done : transport->poll(1000)) came = came || done.id == 1'000;
  CHECK(ms_since(begin) < 800);
}

TEST_CASE("a client that goes away ends its stream, and a handler can ask whether it still waits") {
  std::atomic<int> sent = 0, left = 0;
  auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest& request) -> HttpServerReply {
    if (request.path != "/working") return counting(10'000, sent);
    for (int i = 0; i < 2'000 && request.client_waits(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++left;
    return {};
  }));
  {
    auto transport = make_curl_transport(2);
    transport->start(request_to(server->port(), 1));
    HttpRequest working = request_to(server->port(), 2);
    working.url += "working";
    transport->start(std::move(working));
    transport->poll(100);
  }
  auto begin = std::chrono::steady_clock::now();
  while (left == 0 && ms_since(begin) < 5'000) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(left == 1);
  int before = sent;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(sent <= before + 2);
  CHECK(sent < 10'000);
}

TEST_CASE("a body over the limit is refused in the words that were given") {
  HttpServerOptions options{.body_bytes_max = 1'000,
                            .error_body = [](int status) { return format("no {}", status); }};
  auto server = or_throw(HttpServer::start(options, fine));
  auto transport = make_curl_transport(1);
  HttpRequest large = request_to(server->port(), 1);
  large.body = std::string(2'000, 'x');
  transport->start(std::move(large));
  auto done = all_of(*transport);
  REQUIRE(done[0].reply.has_value());
  CHECK(done[0].reply->status == 413);
  CHECK(done[0].reply->body == "no 413");
}

}  // namespace
}  // namespace retort
