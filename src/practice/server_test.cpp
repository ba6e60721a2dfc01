// The practice teacher over real HTTP on loopback.
#include <map>

#include "base/clock.h"
#include "base/hash.h"
#include "base/test.h"
#include "http/client.h"
#include "practice/requests_for_test.h"
#include "practice/teacher.h"

namespace retort::practice {
namespace {

class Client {
 public:
  explicit Client(const TeacherOptions& options)
      : server_(or_throw(TeacherServer::start(options, "127.0.0.1", 0))),
        transport_(make_curl_transport(16)) {}

  // All at once; one result a body, in order.
  std::vector<Result<HttpReply>> post(const std::vector<std::string>& bodies) {
    for (size_t i = 0; i < bodies.size(); ++i) send(i, "POST", "/chat/completions", bodies[i]);
    return collect(bodies.size());
  }
  HttpReply one(const char* method, const std::string& path, const std::string& body = "") {
    send(0, method, path, body);
    return collect(1)[0].value();
  }
  Json stats() { return *parse_json(one("GET", "/../stats").body); }

 private:
  void send(uint64_t id, const std::string& method, const std::string& path, const std::string& body) {
    // "/../x" is a path beside /v1
    std::string base = server_->base_url();
    std::string url =
        path.starts_with("/../") ? base.substr(0, base.size() - 3) + path.substr(3) : base + path;
    HttpRequest request{.id = id, .method = method, .url = url, .timeout_ms = 20'000};
    request.headers = {{"content-type", "application/json"}};
    request.body = body;
    transport_->start(std::move(request));
  }
  std::vector<Result<HttpReply>> collect(size_t count) {
    std::vector<Result<HttpReply>> replies(count, Error{ErrorCode::Timeout, "never came"});
    while (transport_->in_flight() > 0)
      for (HttpCompletion& done : transport_->poll(1000)) replies[done.id] = std::move(done.reply);
    return replies;
  }

  std::unique_ptr<TeacherServer> server_;
  std::unique_ptr<HttpTransport> transport_;
};

std::vector<std::string> many_bodies(int count) {
  std::vector<std::string> bodies;
  for (const Item& item : seed_pool(count, Skew::Uniform, 9))
    bodies.push_back(teacher_request(item.text).canonical());
  return bodies;
}

}  // namespace

TEST_CASE("a served reply is the bytes that the teacher gives") {
  Client client({});
  PracticeTeacher teacher({});
  std::vector<std::string> bodies = many_bodies(50);
  std::vector<Result<HttpReply>> replies = client.post(bodies);
  for (size_t i = 0; i < bodies.size(); ++i) {
    REQUIRE(replies[i]);
    CHECK(replies[i]->status == 200);
    CHECK(replies[i]->header("content-type").starts_with("application/json"));
    CHECK(replies[i]->body == teacher.reply(bodies[i]).body);
  }
}

TEST_CASE("/stats counts every request by its hash") {
  Client client({});
  std::vector<std::string> bodies = many_bodies(3);
  client.post({bodies[0], bodies[1], bodies[0]});
  client.post({bodies[2], "no JSON"});
  Json stats = client.stats();
  CHECK(stats.at_path("requests").integer_or(0) == 5);
  CHECK(stats.at_path("by_hash").size() == 3);
  CHECK(stats.at_path("by_hash/" + sha256_hex(bodies[0])).integer_or(0) == 2);
  CHECK(stats.at_path("by_hash/" + sha256_hex(bodies[1])).integer_or(0) == 1);
}

TEST_CASE("/health and /v1/models say what this is") {
  Client client({});
  HttpReply health = client.one("GET", "/../health");
  CHECK(health.status == 200);
  CHECK(health.body.find("no LLM") != std::string::npos);
  HttpReply models = client.one("GET", "/models");
  CHECK(parse_json(models.body)->at_path("data/0/id").string_or("") == "retort-practice-teacher");
}

TEST_CASE("a wrong path, method or body gets an error object with its status") {
  Client client({});
  auto error_of = [](const HttpReply& reply) {
    return std::string(parse_json(reply.body)->at_path("error/message").string_or(""));
  };
  HttpReply missing = client.one("POST", "/completions", "{}");
  CHECK(missing.status == 404);
  CHECK(error_of(missing).find("/v1/chat/completions") != std::string::npos);
  HttpReply get = client.one("GET", "/chat/completions");
  CHECK(get.status == 405);
  CHECK(get.header("allow") == "POST");
  CHECK_FALSE(error_of(get).empty());
  CHECK(client.one("POST", "/models", "{}").status == 405);
  HttpReply bad = client.one("POST", "/chat/completions", "{\"model\":");
  CHECK(bad.status == 400);
  CHECK(error_of(bad).find("JSON") != std::string::npos);
}

TEST_CASE("every fault arrives as what it is, and the retry succeeds") {
  std::vector<std::string> bodies = many_bodies(200);
  Client client({.fault_429 = 0.2,
                 .fault_500 = 0.2,
                 .fault_stall = 0.1,
                 .fault_truncate = 0.2,
                 .fault_garbage = 0.2,
                 .retry_after_ms = 1500,
                 .stall_ms = 20});
  std::map<std::string, int> seen;
  for (const Result<HttpReply>& reply : client.post(bodies)) {
    if (!reply) {
      ++seen["cut"];
      continue;
    }
    ++seen[reply->status != 200      ? std::to_string(reply->status)
           : parse_json(reply->body) ? "good"
                                     : "garbage"];
    if (reply->status == 429) {
      CHECK(reply->header("retry-after") == "2");
      CHECK(reply->header("retry-after-ms") == "1500");
      CHECK(parse_json(reply->body)->at_path("error/code").string_or("") == "rate_limit_exceeded");
    }
  }
  // 200 draws of 0.2: 40, standard deviation 5.7; stalled and untouched ones together 0.2.
  for (const char* fault : {"cut", "429", "500", "garbage", "good"}) {
    CAPTURE(fault);
    CHECK(seen[fault] >= 17);
    CHECK(seen[fault] <= 63);
  }
  PracticeTeacher teacher({});
  std::vector<Result<HttpReply>> retried = client.post(bodies);
  for (size_t i = 0; i < bodies.size(); ++i) {
    REQUIRE(retried[i]);
    CHECK(retried[i]->status == 200);
    CHECK(retried[i]->body == teacher.reply(bodies[i]).body);
  }
}

TEST_CASE("a stall lasts as long as it was dialled, once") {
  Client client({.fault_stall = 1, .stall_ms = 300});
  std::string body = many_bodies(1)[0];
  int64_t begin = system_clock().monotonic_ms();
  CHECK(client.one("POST", "/chat/completions", body).status == 200);
  int64_t middle = system_clock().monotonic_ms();
  CHECK(client.one("POST", "/chat/completions", body).status == 200);
  CHECK(middle - begin >= 300);
  CHECK(system_clock().monotonic_ms() - middle < 300);
}

TEST_CASE("a server with options that cannot be does not start") {
  Result<std::unique_ptr<TeacherServer>> server = TeacherServer::start({.skew = "sideways"}, "127.0.0.1", 0);
  REQUIRE_FALSE(server);
  CHECK(server.error().code == ErrorCode::InvalidArgument);
}

}  // namespace retort::practice
