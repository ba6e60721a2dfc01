// What serving costs beside generating: the same prompts, greedy, 64 at once, to the same weights; once
// through Student::answer, once over HTTP, whole and streamed, asked by a process of its own. Output tokens a
// second of the asked process's processor time, since with one thread it says what wall time would say on an
// idle machine; turns alternate, the best of each counts, and both must write the same texts. bench_serve.sh
// runs llama.cpp's server beside ours. RETORT_BENCH_THREADS: 1 unless set.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>

#include "base/hash.h"
#include "base/json.h"
#include "http/client.h"
#include "http/server.h"
#include "serve/openai_api.h"
#include "student/student.h"
#include "tokenizer/tokenizer.h"

namespace retort {
namespace {

constexpr size_t kRequests = 192, kAtOnce = 64;
constexpr int64_t kTokens = 48;
constexpr int kTurns = 3;

int threads() {
  const char* text = std::getenv("RETORT_BENCH_THREADS");
  return text != nullptr ? std::atoi(text) : 1;
}

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.4g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

std::string prompt_of(size_t i) {
  std::string text = "Say what comes next after";
  for (size_t n = 0; n < 3 + i * 7 % 11; ++n) text += format(" {}", (i + 1) * (n + 3) % 97);
  return text;
}

// Asks all of it, as many at once as were named, and says what came: in the child process, which has made no
// thread before.
std::map<size_t, std::string> ask_all(int port, bool streamed) {
  auto transport = make_curl_transport(kAtOnce);
  std::map<size_t, std::string> texts;
  size_t next = 0;
  while (texts.size() < kRequests) {
    for (; next < kRequests && transport->in_flight() < kAtOnce; ++next) {
      Json body = Json::object().set("model", "bench").set("temperature", 0).set("max_tokens", kTokens);
      body.set("stream", streamed);
      body.set("messages",
               Json::array().push(Json::object().set("role", "user").set("content", prompt_of(next))));
      HttpRequest request;
      request.id = next;
      request.url = format("http://127.0.0.1:{}/v1/chat/completions", port);
      request.timeout_ms = 600'000;
      request.body = body.dump();
      transport->start(std::move(request));
    }
    for (const HttpCompletion& done : transport->poll(1'000))
      texts[done.id] = streamed ? ""
                                : std::string(or_throw(parse_json(or_throw(done.reply).body))
                                                  .at_path("choices/0/message/content")
                                                  .string_or("?"));
  }
  return texts;
}

// The child: waits for "port streamed", asks, writes the texts' hash.
[[noreturn]] void run_client(int from, int to) {
  int order[2];
  while (::read(from, order, sizeof order) == sizeof order) {
    std::string all;
    for (const auto& [i, text] : ask_all(order[0], order[1] != 0)) all += text + "\n";
    const uint64_t hash = fnv1a64(all);
    if (::write(to, &hash, sizeof hash) != sizeof hash) break;
  }
  ::_exit(0);
}

struct Client {
  int to = -1, from = -1;
  uint64_t ask(int port, bool streamed) const {
    const int order[2] = {port, streamed};
    uint64_t hash = 0;
    RETORT_CHECK(
        ::write(to, order, sizeof order) == sizeof order && ::read(from, &hash, sizeof hash) == sizeof hash,
        "the client is gone");
    return hash;
  }
};

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Turn {
  double rate = 0;
  uint64_t hash = 0;
};

Turn generate(Student& student) {
  std::vector<Instruction> instructions(kRequests);
  for (size_t i = 0; i < kRequests; ++i) instructions[i].text = prompt_of(i);
  student.sampling().tokens_max = kTokens;
  student.sampling().slots = kAtOnce;
  const double begin = processor_seconds();
  int64_t tokens = 0;
  std::string all;
  for (const Result<Answer>& answer : student.answer(instructions)) {
    tokens += or_throw(answer).tokens_out + (answer->finish == Finish::Stop ? 1 : 0);
    all += answer->text + "\n";
  }
  return {static_cast<double>(tokens) / (processor_seconds() - begin), fnv1a64(all)};
}

Turn serve(const Path& folder, const Client& client, bool streamed) {
  LiveOptions options;
  options.student = {.device = "cpu", .threads = threads()};
  options.slots = kAtOnce;
  ModelShelf models(
      "bench", std::make_unique<ServeEngine>(or_throw(LiveStudent::open(folder, options)), EngineOptions{}));
  OpenAiApi api(models, system_clock(), {});
  auto server = or_throw(
      HttpServer::start("", 0, [&](const HttpServerRequest& request) { return *api.respond(request); }));
  const double begin = processor_seconds();
  const uint64_t hash = client.ask(server->port(), streamed);
  return {static_cast<double>(models.main().figures().made_tokens) / (processor_seconds() - begin), hash};
}

void bench(const std::string& name, const StudentShape& shape, const Client& client) {
  const Path folder = std::filesystem::temp_directory_path() / format("retort_bench_serve_{}", ::getpid());
  const StudentOptions options{.device = "cpu", .threads = threads(), .seed = 1};
  auto student = or_throw(Student::make_fresh(shape, practice_tokenizer_json(), options));
  or_throw(student->save(folder, "fp32"));
  Turn generated, whole, streamed;
  auto better = [](Turn& best, Turn turn) {
    if (turn.rate > best.rate) best = turn;
  };
  for (int turn = 0; turn < kTurns; ++turn) {
    better(generated, generate(*student));
    better(whole, serve(folder, client, false));
    better(streamed, serve(folder, client, true));
  }
  std::filesystem::remove_all(folder);
  RETORT_CHECK(generated.hash == whole.hash, "{}: served texts differ from generated ones", name);
  figure(format("generate_{}", name), generated.rate, "tok/s of processor time");
  figure(format("serve_{}", name), whole.rate, "tok/s of processor time");
  figure(format("serve_vs_generate_{}", name), whole.rate / generated.rate, "ratio");
  figure(format("serve_streamed_vs_generate_{}", name), streamed.rate / generated.rate, "ratio");
}

}  // namespace
}  // namespace retort

int main() {
  int orders[2], replies[2];
  if (::pipe(orders) != 0 || ::pipe(replies) != 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(orders[1]);
    retort::run_client(orders[0], replies[1]);
  }
  ::close(orders[0]);
  ::close(replies[1]);
  const retort::Client client{orders[1], replies[0]};
  retort::bench("30m", {.width = 512, .layers = 9, .heads = 8, .kv_heads = 8, .feed_forward = 1'408}, client);
  retort::bench("demo", {}, client);
  ::close(orders[1]);
  ::waitpid(child, nullptr, 0);
  return 0;
}
