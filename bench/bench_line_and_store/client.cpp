// The HTTP client against a server that is never the bound: requests a second on one core, latency, many in
// flight, and how near a slow server's ideal rate it comes.
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "base/format.h"
#include "bench_line_and_store/figures.h"
#include "chat/chat.h"
#include "http/client.h"
#include "in_child.h"

namespace retort::bench {
namespace {

HttpRequest post(uint64_t id, int port) {
  HttpRequest request;
  request.id = id;
  request.url = format("http://127.0.0.1:{}/v1/chat/completions", port);
  request.headers = {{"content-type", "application/json"}};
  request.body.assign(2048, 'y');
  return request;
}

// Seconds; every reply must be whole and asked for.
double exchange(int port, int64_t count, int in_flight) {
  auto transport = make_curl_transport(in_flight);
  int64_t started = 0, finished = 0;
  const double begin = seconds_now();
  while (finished < count) {
    while (started < count && static_cast<int>(transport->in_flight()) < in_flight)
      transport->start(post(static_cast<uint64_t>(started++), port));
    for (const HttpCompletion& done : transport->poll(1'000)) {
      RETORT_CHECK(done.reply.has_value(), "{}", done.reply ? "" : done.reply.error().message);
      RETORT_CHECK(done.reply->status == 200 && done.reply->body.size() > 1'000, "a reply of {} bytes",
                   done.reply->body.size());
      ++finished;
    }
  }
  return seconds_now() - begin;
}

void bench_latency(int port, int count) {
  auto transport = make_curl_transport(1);
  std::vector<double> us;
  for (int i = 0; i < count; ++i) {
    const double begin = seconds_now();
    transport->start(post(static_cast<uint64_t>(i), port));
    while (transport->poll(1'000).empty()) continue;
    us.push_back((seconds_now() - begin) * 1e6);
  }
  std::sort(us.begin(), us.end());
  figure("client_latency_p50", us[us.size() / 2], "us");
  figure("client_latency_p99", us[us.size() * 99 / 100], "us");
}

void raise_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void run_client(int port, int64_t requests, int in_flight) {
  take_core(0);
  std::printf("%.0f\n", static_cast<double>(requests) / exchange(port, requests, in_flight));
}

void bench_client() {
  raise_descriptors();
  {
    ReplyServer server(0);
    in_child([&] {
      take_core(0);
      bench_latency(server.port(), 2'000);
      std::vector<double> rates;
      for (int i = 0; i < 5; ++i) rates.push_back(40'000 / exchange(server.port(), 40'000, 64));
      std::sort(rates.begin(), rates.end());
      figure("client_requests", rates[2], "1/s");
      figure("client_requests_best_of_5", rates[4], "1/s");
    });
  }
  ReplyServer slow(1'000);
  in_child([&] {
    take_core(0);
    const double seconds = exchange(slow.port(), 10'000, 1'000);
    figure("client_of_ideal_1000_in_flight", 10.0 / seconds, "ratio");
  });
  in_child([&] {
    take_core(0);
    const double before = resident_peak_mb();
    const double seconds = exchange(slow.port(), 20'000, 10'000);
    figure("client_10k_in_flight_mb", resident_peak_mb(), "MB");
    figure("client_10k_in_flight_own_mb", resident_peak_mb() - before, "MB");
    figure("client_10k_in_flight_requests", 20'000 / seconds, "1/s");
    figure("client_10k_in_flight_lost", 0, "replies");  // exchange ends the benchmark at the first
  });
}

void bench_ask(const Path& folder) {
  constexpr int kCount = 10'000;
  ReplyServer server(0);
  auto store = or_throw(RunStore::open(folder / "ask", StoreMode::Write));
  auto transport = make_curl_transport(64);
  EndpointOptions options;
  options.base_url = format("http://127.0.0.1:{}/v1", server.port());
  options.model = "bench";
  auto chat = make_chat(options, *store, *transport, system_clock());
  std::vector<ChatRequest> requests;
  for (int i = 0; i < kCount; ++i)
    requests.push_back({"teacher", {{"user", format("{} {}", i, std::string(1'900, 'z'))}}, {}, 0});
  double begin = seconds_now();
  auto replies = chat->ask(requests);
  figure("chat_ask_requests", kCount / (seconds_now() - begin), "1/s");
  begin = seconds_now();
  replies = chat->ask(requests);
  figure("chat_ask_stored_requests", kCount / (seconds_now() - begin), "1/s");
}

}  // namespace retort::bench
