// What talking to a teacher costs on this machine: the HTTP client and server against each other on loopback
// (both share the cores), and a whole ask() with the run store on disk. Figures for the README.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/format.h"
#include "chat/chat.h"
#include "http/client.h"
#include "http/server.h"

namespace retort {
namespace {

constexpr int kConnections = 64;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void figure(const char* name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.6g, \"unit\": \"%s\"}\n", name, value, unit);
}

// A reply of 1.3 KB, as a short answer of a real teacher has.
std::string reply_body() {
  std::string text(900, 'x');
  return format(
      R"({{"id":"chatcmpl-0","object":"chat.completion","created":1700000000,"model":"bench","choices":[)"
      R"({{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],)"
      R"("usage":{{"prompt_tokens":500,"completion_tokens":200,"total_tokens":700}},)"
      R"("system_fingerprint":"fp_0000000000"}})",
      text);
}

HttpRequest post(uint64_t id, int port) {
  HttpRequest request;
  request.id = id;
  request.url = format("http://127.0.0.1:{}/v1/chat/completions", port);
  request.headers = {{"content-type", "application/json"}};
  request.body.assign(2048, 'y');
  return request;
}

void bench_transport(int port, int64_t count) {
  auto transport = make_curl_transport(kConnections);
  int64_t started = 0, finished = 0;
  double begin = seconds_now();
  while (finished < count) {
    while (started < count && transport->in_flight() < kConnections)
      transport->start(post(static_cast<uint64_t>(started++), port));
    for (const HttpCompletion& done : transport->poll(1000)) {
      RETORT_CHECK(done.reply.has_value(), "{}", done.reply ? "" : done.reply.error().message);
      ++finished;
    }
  }
  figure("http_requests_64_connections", double(count) / (seconds_now() - begin), "1/s");
}

void bench_latency(int port, int count) {
  auto transport = make_curl_transport(1);
  std::vector<double> us;
  for (int i = 0; i < count; ++i) {
    double begin = seconds_now();
    transport->start(post(static_cast<uint64_t>(i), port));
    while (transport->poll(1000).empty()) continue;
    us.push_back((seconds_now() - begin) * 1e6);
  }
  std::sort(us.begin(), us.end());
  figure("http_latency_p50", us[us.size() / 2], "us");
  figure("http_latency_p99", us[us.size() * 99 / 100], "us");
}

void bench_ask(int port, int count) {
  std::string folder = (std::filesystem::temp_directory_path() / "retort_bench_XXXXXX").string();
  RETORT_CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
  std::unique_ptr<RunStore> store = or_throw(RunStore::open(folder, StoreMode::Write));
  auto transport = make_curl_transport(kConnections);
  EndpointOptions options;
  options.base_url = format("http://127.0.0.1:{}/v1", port);
  options.model = "bench";
  auto chat = make_chat(options, *store, *transport, system_clock());
  std::vector<ChatRequest> requests(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i)
    requests[static_cast<size_t>(i)] = {
        "teacher", {{"user", format("{} {}", i, std::string(1900, 'z'))}}, {}, 0};
  double begin = seconds_now();
  auto replies = chat->ask(requests);
  figure("chat_ask_requests", count / (seconds_now() - begin), "1/s");
  begin = seconds_now();
  replies = chat->ask(requests);
  figure("chat_ask_stored_requests", count / (seconds_now() - begin), "1/s");
  store.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace retort

int main() {
  using namespace retort;
  std::string body = reply_body();
  auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest&) {
    HttpServerReply reply;
    reply.body = body;
    return reply;
  }));
  bench_latency(server->port(), 2'000);
  bench_transport(server->port(), 50'000);
  bench_ask(server->port(), 10'000);
}
