// What the practice teacher manages: replies composed per second by one thread, and served per second over
// HTTP on loopback, where client and server share the cores.
#include <chrono>
#include <cstdio>
#include <vector>

#include "base/format.h"
#include "http/client.h"
#include "practice/requests_for_test.h"
#include "practice/teacher.h"

namespace retort::practice {
namespace {

constexpr size_t kConnections = 64;
constexpr int64_t kRequests = 10'000;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void figure(const std::string& name, double value) {
  std::printf("{\"name\": \"%s\", \"figure\": %.6g, \"unit\": \"1/s\"}\n", name.c_str(), value);
}

void bench_replies(const std::string& role, const std::vector<std::string>& bodies) {
  PracticeTeacher teacher({});
  double begin = seconds_now();
  for (const std::string& body : bodies) RETORT_CHECK(teacher.reply(body).status == 200);
  figure("practice_replies_" + role, static_cast<double>(bodies.size()) / (seconds_now() - begin));
}

void bench_served(const std::string& role, const std::vector<std::string>& bodies) {
  std::unique_ptr<TeacherServer> server = or_throw(TeacherServer::start({}, "127.0.0.1", 0));
  std::unique_ptr<HttpTransport> transport = make_curl_transport(kConnections);
  size_t started = 0, finished = 0;
  double begin = seconds_now();
  while (finished < bodies.size()) {
    for (; started < bodies.size() && transport->in_flight() < kConnections; ++started) {
      HttpRequest request{.id = started, .url = server->base_url() + "/chat/completions"};
      request.headers = {{"content-type", "application/json"}};
      request.body = bodies[started];
      transport->start(std::move(request));
    }
    for (const HttpCompletion& done : transport->poll(1000)) {
      RETORT_CHECK(done.reply && done.reply->status == 200, "a request failed");
      ++finished;
    }
  }
  figure("practice_served_" + role, static_cast<double>(bodies.size()) / (seconds_now() - begin));
}

void bench_all() {
  std::vector<std::string> asked, judged, written;
  for (const Item& item : seed_pool(kRequests, Skew::RareIsHard, 1)) {
    asked.push_back(teacher_request(item.text).canonical());
    judged.push_back(referee_request(item.text, item.answer, "no idea").canonical());
    written.push_back(generator_request(item.text, "generate_easy").canonical());
  }
  bench_replies("teacher", asked);
  bench_replies("referee", judged);
  bench_replies("generator", written);
  bench_served("teacher", asked);
  bench_served("referee", judged);
  bench_served("generator", written);
}

}  // namespace
}  // namespace retort::practice

int main() {
  retort::practice::bench_all();
  return 0;
}
