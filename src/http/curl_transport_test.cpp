#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/format.h"
#include "base/test.h"
#include "http/client.h"
#include "http/raw_server_for_test.h"
#include "http/server.h"

namespace retort {
namespace {

HttpRequest request_to(int port, uint64_t id = 1, std::string body = "hello|") {
  HttpRequest request;
  request.id = id;
  request.url = format("http://127.0.0.1:{}/path", port);
  request.headers = {{"content-type", "text/plain"}};
  request.body = std::move(body);
  request.timeout_ms = 20'000;
  return request;
}

HttpCompletion send(HttpTransport& transport, HttpRequest request) {
  transport.start(std::move(request));
  for (int i = 0; i < 300; ++i) {
    auto done = transport.poll(100);
    if (!done.empty()) return std::move(done[0]);
  }
  FAIL("nothing came back");
  return {0, Error{}, false, 0};
}

HttpCompletion send(HttpRequest request) { return send(*make_curl_transport(4), std::move(request)); }

std::string plain(const std::string& body) {
  return format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

TEST_CASE("a request brings method, path, headers and body there, and status, headers and body back") {
  HttpServerRequest seen;
  auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest& request) {
    seen = request;
    HttpServerReply reply;
    reply.status = 418;
    reply.headers = {{"X-Some-Header", "  value "}};
    reply.body = std::string("b\0dy", 4);
    return reply;
  }));
  HttpRequest request = request_to(server->port(), 77, std::string("q\0|", 3));
  request.url += "?a=b";
  request.headers.emplace_back("x-mine", "42");
  HttpCompletion done = send(std::move(request));
  CHECK(done.id == 77);
  CHECK(done.may_have_arrived);
  REQUIRE(done.reply.has_value());
  CHECK(done.reply->status == 418);
  CHECK(done.reply->header("x-some-header") == "value");
  CHECK(done.reply->header("absent").empty());
  CHECK(done.reply->body == std::string("b\0dy", 4));
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/path");
  CHECK(seen.query == "a=b");
  CHECK(seen.body == std::string("q\0|", 3));
  auto header = [&](const std::string& name) {
    for (const auto& [n, value] : seen.headers)
      if (n == name) return value;
    return std::string("absent");
  };
  CHECK(header("x-mine") == "42");
  CHECK(header("expect") == "absent");
}

TEST_CASE("other methods arrive as what they are, also on a handle that has posted") {
  std::string methods;
  auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest& request) {
    methods += request.method + ":" + request.body + " ";
    return HttpServerReply{};
  }));
  auto transport = make_curl_transport(1);
  for (const char* method : {"POST", "GET", "DELETE", "PUT", "POST", "GET"}) {
    HttpRequest request = request_to(server->port());
    request.method = method;
    if (request.method == "GET") request.body.clear();
    CHECK(send(*transport, std::move(request)).reply->status == 200);
  }
  CHECK(methods == "POST:hello| GET: DELETE:hello| PUT:hello| POST:hello| GET: ");
}

TEST_CASE("more requests than connections wait in our queue, and all come back once") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest& request) {
    HttpServerReply reply;
    reply.body = request.body;
    return reply;
  }));
  auto transport = make_curl_transport(8);
  for (uint64_t id = 0; id < 500; ++id) transport->start(request_to(server->port(), id, format("{}|", id)));
  std::map<uint64_t, std::string> bodies;
  while (transport->in_flight() > 0)
    for (HttpCompletion& done : transport->poll(1000)) {
      REQUIRE(done.reply.has_value());
      CHECK(bodies.emplace(done.id, done.reply->body).second);
    }
  CHECK(bodies.size() == 500);
  CHECK(bodies[499] == "499|");
}

TEST_CASE("a body of some megabytes goes both ways") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest& request) {
    HttpServerReply reply;
    reply.body = request.body;
    return reply;
  }));
  std::string big(5 << 20, 'x');
  CHECK(send(request_to(server->port(), 1, big)).reply->body == big);
}

TEST_CASE("a hundred requests one after another have no delayed-ACK stalls") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) {
    HttpServerReply reply;
    reply.body.assign(1300, 'x');
    return reply;
  }));
  auto transport = make_curl_transport(1);
  std::vector<double> ms;
  for (int i = 0; i < 100; ++i) {
    auto begin = std::chrono::steady_clock::now();
    CHECK(send(*transport, request_to(server->port(), 1, std::string(2000, 'y'))).reply.has_value());
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::nth_element(ms.begin(), ms.begin() + 50, ms.end());
  CHECK(ms[50] < 20);  // the stall is 40 ms, and would be in every one
}

TEST_CASE("a refused connection is Unreachable, and nothing arrived") {
  int port = 0;
  {
    auto server =
        or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) { return HttpServerReply{}; }));
    port = server->port();
  }
  HttpCompletion done = send(request_to(port));
  CHECK(done.reply.error().code == ErrorCode::Unreachable);
  CHECK_FALSE(done.may_have_arrived);
}

TEST_CASE("a name that does not exist is Unreachable, and nothing arrived") {
  HttpRequest request = request_to(1);
  request.url = "https://no-such-host.invalid/v1";
  HttpCompletion done = send(std::move(request));
  CHECK(done.reply.error().code == ErrorCode::Unreachable);
  CHECK_FALSE(done.may_have_arrived);
}

TEST_CASE("no TLS where TLS was asked for is Unreachable, and nothing arrived") {
  auto server =
      or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) { return HttpServerReply{}; }));
  HttpRequest request = request_to(1);
  request.url = format("https://127.0.0.1:{}/", server->port());
  HttpCompletion done = send(std::move(request));
  CHECK(done.reply.error().code == ErrorCode::Unreachable);
  CHECK_FALSE(done.may_have_arrived);
}

TEST_CASE("a stall is a Timeout, and may have arrived") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) {
    HttpServerReply reply;
    reply.delay_ms = 10'000;
    return reply;
  }));
  HttpRequest request = request_to(server->port());
  request.timeout_ms = 100;
  HttpCompletion done = send(std::move(request));
  CHECK(done.reply.error().code == ErrorCode::Timeout);
  CHECK(done.may_have_arrived);
}

TEST_CASE(
    "a reply that pauses longer than its stall limit is a Timeout, long before the whole wait is over") {
  RawServer server([](int) {
    return RawServer::Answer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true};
  });
  HttpRequest request = request_to(server.port());
  request.stall_ms = 1'000;
  HttpCompletion done = send(std::move(request));
  REQUIRE_FALSE(done.reply.has_value());
  CHECK(done.reply.error().code == ErrorCode::Timeout);
  CHECK(done.may_have_arrived);
  CHECK(done.latency_ms < 10'000);
}

TEST_CASE("a reply that ends early is Unreachable and not half a reply") {
  for (int cut : {0, 1, 999}) {
    auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest&) {
      HttpServerReply reply;
      reply.body.assign(1000, 'x');
      reply.cut_after = cut;
      return reply;
    }));
    HttpCompletion done = send(request_to(server->port()));
    REQUIRE_FALSE(done.reply.has_value());
    CHECK(done.reply.error().code == ErrorCode::Unreachable);
    CHECK(done.may_have_arrived);
  }
}

TEST_CASE("chunks that break off or are none are no reply") {
  for (const char* chunks : {"5\r\nhello", "zz\r\nhello\r\n", "5\r\nhello\r\nffffffffffffffffff\r\n"}) {
    RawServer server([&](int) {
      return RawServer::Answer{std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + chunks};
    });
    CHECK_FALSE(send(request_to(server.port())).reply.has_value());
  }
}

TEST_CASE("what is no HTTP is a BadReply") {
  RawServer server([](int) { return RawServer::Answer{"220 smtp.example ESMTP\r\n"}; });
  CHECK(send(request_to(server.port())).reply.error().code == ErrorCode::BadReply);
}

TEST_CASE("a body longer than allowed is a BadReply, announced or not") {
  for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"}) {
    RawServer server([&](int) { return RawServer::Answer{head + std::string(5000, 'x')}; });
    HttpRequest request = request_to(server.port());
    request.body_bytes_max = 4096;
    CHECK(send(std::move(request)).reply.error().code == ErrorCode::BadReply);
  }
}

TEST_CASE("headers without end are refused") {
  RawServer server([](int) {
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 20'000; ++i) bytes += format("x-{}: {}\r\n", i, std::string(50, 'y'));
    return RawServer::Answer{bytes + "\r\n"};
  });
  CHECK(send(request_to(server.port())).reply.error().code == ErrorCode::BadReply);
}

TEST_CASE(
    "no file descriptors left is an error of each request, and the rest goes on when there are some again") {
  auto server =
      or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) { return HttpServerReply{}; }));
  auto transport = make_curl_transport(16);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 3;  // all that may be opened now are numbers that are taken
  ::setrlimit(RLIMIT_NOFILE, &few);
  int failed = 0;
  for (int i = 0; i < 4; ++i) {
    HttpRequest request;
    request.url = format("http://127.0.0.1:{}/", server->port());
    transport->start(request);
  }
  for (int turns = 0; transport->in_flight() > 0 && turns < 200; ++turns)
    for (const HttpCompletion& done : transport->poll(50)) failed += !done.reply && !done.may_have_arrived;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(failed == 4);
  HttpRequest request;
  request.url = format("http://127.0.0.1:{}/", server->port());
  transport->start(request);
  std::vector<HttpCompletion> done;
  while (done.empty()) done = transport->poll(100);
  CHECK(done[0].reply.has_value());
}

TEST_CASE("redirects are not followed") {
  RawServer other([](int) { return RawServer::Answer{plain("secret")}; });
  RawServer server([&](int) {
    return RawServer::Answer{format(
        "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n", other.port())};
  });
  HttpCompletion done = send(request_to(server.port()));
  REQUIRE(done.reply.has_value());
  CHECK(done.reply->status == 307);
  CHECK(other.requests() == 0);
}

TEST_CASE("a proxy named in the environment is not used") {
  RawServer proxy([](int) { return RawServer::Answer{plain("from the proxy")}; });
  RawServer server([](int) { return RawServer::Answer{plain("direct")}; });
  std::string address = format("http://127.0.0.1:{}", proxy.port());
  setenv("http_proxy", address.c_str(), 1);
  setenv("ALL_PROXY", address.c_str(), 1);
  CHECK(send(request_to(server.port())).reply->body == "direct");
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  CHECK(proxy.requests() == 0);
}

// A repeated POST is a second charge, and only the caller may decide on it.
TEST_CASE("a kept connection that dies with the second request on it does not send that request again") {
  for (const std::string& body : {std::string("hello|"), "|" + std::string(1 << 20, 'x')}) {
    RawServer server([](int time) {
      return time == 1 ? RawServer::Answer{plain("first"), true}
                       : RawServer::Answer{time == 2 ? "" : plain("again")};
    });
    auto transport = make_curl_transport(1);
    CHECK(send(*transport, request_to(server.port())).reply->body == "first");
    HttpCompletion second = send(*transport, request_to(server.port(), 2, body));
    REQUIRE_FALSE(second.reply.has_value());
    CHECK(second.reply.error().code == ErrorCode::Unreachable);
    CHECK(second.may_have_arrived);
    CHECK(server.requests() == 2);
  }
}

TEST_CASE("what cannot be sent comes back as an error and names no secret") {
  auto transport = make_curl_transport(1);
  HttpRequest header = request_to(1);
  header.headers.emplace_back("authorization", "Bearer canary\r\nX: y");
  HttpCompletion done = send(*transport, std::move(header));
  CHECK(done.reply.error().code == ErrorCode::InvalidArgument);
  CHECK(done.reply.error().message.find("canary") == std::string::npos);
  CHECK_FALSE(done.may_have_arrived);
  HttpRequest address = request_to(1);
  address.url = "http://user:canary@127.0.0.1/";
  done = send(*transport, std::move(address));
  CHECK(done.reply.error().code == ErrorCode::InvalidArgument);
  CHECK(done.reply.error().message.find("canary") == std::string::npos);
}

TEST_CASE(
    "poll returns at once when nothing is in flight, and a transport may end with requests on their way") {
  auto server = or_throw(HttpServer::start("", 0, [](const HttpServerRequest&) {
    HttpServerReply reply;
    reply.delay_ms = 10'000;
    return reply;
  }));
  auto transport = make_curl_transport(2);
  CHECK(transport->poll(60'000).empty());
  for (uint64_t id = 0; id < 5; ++id) transport->start(request_to(server->port(), id));
  CHECK(transport->poll(20).empty());
  CHECK(transport->in_flight() == 5);
}

TEST_CASE("an HTTP date is read in its three forms") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == 784111777);
  CHECK_FALSE(parse_http_date("").has_value());
  CHECK_FALSE(parse_http_date("tomorrow").has_value());
}

}  // namespace
}  // namespace retort
