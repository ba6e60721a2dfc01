// 10,000 questions of an evaluation against a local endpoint that works on 32 requests at once, 100 ms each,
// and lets others wait, as inference servers do: its rate as a bare client without a store finds it, ours
// with the store, the scores and the report, and the share of one in the other. With a judge the same
// endpoint is asked twice a question. Both clients keep 64 requests under way. usage: bench_evaluate
// [QUESTIONS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <thread>

#include "base/format.h"
#include "base/json.h"
#include "eval/evaluate.h"
#include "http/server.h"

namespace retort {
namespace {

constexpr int kInFlight = 64;
constexpr int kCapacity = 32;
constexpr int64_t kWorkMs = 100;

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"figure\": %.6g, \"unit\": \"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

// Answers "(B)" to everything but a judge's question, and that with a grade.
HttpServerReply answer(const HttpServerRequest& request) {
  static std::counting_semaphore<kCapacity> free_slots(kCapacity);
  free_slots.acquire();
  std::this_thread::sleep_for(std::chrono::milliseconds(kWorkMs));
  free_slots.release();
  const bool judged = request.body.find("square brackets") != std::string::npos;
  const Json message =
      Json::object().set("role", "assistant").set("content", judged ? "Fine.\n[[7]]" : "(B)");
  const Json choice = Json::object().set("message", message).set("finish_reason", "stop");
  const Json usage = Json::object().set("prompt_tokens", 60).set("completion_tokens", 4);
  const Json reply = Json::object().set("choices", Json::array().push(choice)).set("usage", usage);
  return {.body = reply.dump()};
}

// As fast as the endpoint goes: a client without a store that keeps it full.
double bare_rate(const std::string& url, int64_t requests) {
  const auto transport = make_curl_transport(kInFlight);
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":")" + std::string(240, 'x') + R"("}]})";
  const double begin = seconds_now();
  for (int64_t started = 0, finished = 0; finished < requests;) {
    for (; started < requests && transport->in_flight() < kInFlight; ++started) {
      HttpRequest request{.id = static_cast<uint64_t>(started), .url = url + "/chat/completions"};
      request.headers = {{"content-type", "application/json"}};
      request.body = body;
      transport->start(std::move(request));
    }
    for (const HttpCompletion& done : transport->poll(1'000)) {
      RETORT_CHECK(done.reply && done.reply->status == 200, "a request failed");
      ++finished;
    }
  }
  return static_cast<double>(requests) / (seconds_now() - begin);
}

std::vector<EvalQuestion> questions(int64_t count) {
  const std::vector<std::string> options = {"one thing", "another", "a third"};
  std::vector<EvalQuestion> all;
  for (int64_t i = 0; i < count; ++i)
    all.push_back({.id = format("q/{}", i),
                   .task = format("task {}", i % 20),
                   .turns = {choice_prompt(
                       "", format("Which of these is number {}? {}", i, std::string(150, 'y')), options)},
                   .options = options,
                   .gold = "B"});
  return all;
}

// Calls a second that reach the endpoint, from the first question to the finished report.
double evaluated_rate(const std::string& url, const Suite& suite, int64_t count) {
  const Path folder = std::filesystem::temp_directory_path() / format("bench_evaluate.{}", suite.name);
  std::filesystem::remove_all(folder);
  double rate = 0;
  {
    const auto store = or_throw(RunStore::open(folder, StoreMode::Write));
    const auto transport = make_curl_transport(kInFlight);
    EndpointOptions options{.name = "model", .base_url = url, .model = "m", .concurrency_max = kInFlight};
    const auto chat = make_chat(options, *store, *transport, system_clock());
    options.name = "judge";
    const auto judge_chat = make_chat(options, *store, *transport, system_clock());
    Judge judge = or_throw(Judge::open(*judge_chat, "", 1));
    const auto model = make_chat_respondent(*chat, "m");
    const std::vector<EvalQuestion> asked = questions(count);
    const double begin = seconds_now();
    const EvalReport report =
        evaluate(suite, asked, {.store = *store, .model = *model, .model_name = "m", .judge = &judge});
    const Json json = report_json(report);
    const auto calls = static_cast<double>(count) * (needs_judge(suite.protocol) ? 2 : 1);
    rate = calls / (seconds_now() - begin);
    RETORT_CHECK(json.at_path("figures/0/n").integer_or(0) == count, "not all were scored");
  }
  std::filesystem::remove_all(folder);
  return rate;
}

int run(int64_t count) {
  const auto server = or_throw(HttpServer::start("", 0, answer));
  const std::string url = format("http://127.0.0.1:{}/v1", server->port());
  const double bare = bare_rate(url, count / 2);
  figure("endpoint_bare_client", bare, "calls/s");
  const Suite exact{.name = "bench-letters", .protocol = Protocol::Letter, .tokens_max = 16};
  const Suite graded{.name = "bench-grades", .protocol = Protocol::Grade, .tokens_max = 16};
  const double letters = evaluated_rate(url, exact, count);
  figure("evaluate_letters", letters, "calls/s");
  figure("evaluate_letters_share_of_endpoint", 100 * letters / bare, "%");
  const double grades = evaluated_rate(url, graded, count);
  figure("evaluate_grades", grades, "calls/s");
  figure("evaluate_grades_share_of_endpoint", 100 * grades / bare, "%");
  return 0;
}

}  // namespace
}  // namespace retort

int main(int count, char** arguments) {
  try {
    return retort::run(count > 1 ? std::strtoll(arguments[1], nullptr, 10) : 10'000);
  } catch (const retort::RunError& error) {
    std::fprintf(stderr, "retort: %s\n", error.what());
    return retort::exit_code(error.code());
  }
}
