// The API key of a run is found in no file, log, error or database byte, also where the endpoint echoes it.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "base/test.h"
#include "http/server.h"
#include "recipe/fake_student.h"
#include "recipe/run.h"

namespace retort {
namespace {

const std::string kCanary = "sk-canary-5f1e7c0ffee-0123456789";

// Sends the request's headers back in everything, and fails in every way now and then.
HttpServerReply echo(const HttpServerRequest& request, int count) {
  std::string all;
  for (const auto& [name, value] : request.headers) all += name + ": " + value + "; ";
  HttpServerReply reply;
  if (count % 5 == 1) reply.status = 500;
  if (count % 5 == 2) reply.status = 400;
  if (count == 40) reply.status = 401;
  reply.headers = {{"x-echo", all}};
  Json message = Json::object().set("content", all);
  Json choice = Json::object().set("message", message).set("finish_reason", "stop");
  Json body = Json::object().set("choices", Json::array().push(choice));
  if (reply.status != 200) body = Json::object().set("error", Json::object().set("message", all));
  reply.body = body.dump();
  return reply;
}

// Standard error of `body`, as text.
template <class Body>
std::string standard_error_of(const Path& file, const Body& body) {
  std::fflush(stderr);
  const int kept = ::dup(STDERR_FILENO), into = ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  ::dup2(into, STDERR_FILENO);
  body();
  std::fflush(stderr);
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(into);
  return or_throw(read_file(file));
}

TEST_CASE("a canary key is found in no file, log, error or database byte of a run") {
  TemporaryFolder folder, elsewhere;
  std::atomic<int> count{0}, with_key{0};
  auto server = or_throw(HttpServer::start("", 0, [&](const HttpServerRequest& request) {
    for (const auto& [name, value] : request.headers) with_key += value.find(kCanary) != std::string::npos;
    return echo(request, ++count);
  }));
  ::setenv("RETORT_TEST_CANARY", kCanary.c_str(), 1);
  RunFile file = or_throw(preset_run_file("demo"));
  file.recipe.control.clear();
  file.recipe.rounds = 1;
  file.recipe.new_per_round = 5;
  file.data.practice_rows = 60;
  file.eval.practice_per_kind = 0;
  file.student.base = "/nowhere";
  file.teacher.base_url = format("http://127.0.0.1:{}/v1", server->port());
  file.teacher.key_env = "RETORT_TEST_CANARY";
  std::string error;
  const std::string log = standard_error_of(elsewhere.path() / "stderr", [&] {
    try {
      run(file, folder.path(), {.open_student = FakeStudent::open_fake, .progress = {}, .say = {}});
    } catch (const RunError& e) {
      error = e.what();
    }
  });
  ::unsetenv("RETORT_TEST_CANARY");
  CHECK(with_key >= 40);  // it was there to be found
  CHECK(error.find("key_env") != std::string::npos);
  CHECK(error.find("canary") == std::string::npos);
  CHECK(log.find("retort:") != std::string::npos);
  CHECK(log.find("canary") == std::string::npos);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    CHECK_MESSAGE(or_throw(read_file(entry.path())).find(kCanary) == std::string::npos,
                  entry.path().string());
  }
  CHECK(files >= 2);
  auto store = or_throw(RunStore::open(folder.path(), StoreMode::Read));  // bodies are compressed in the file
  for (CallState state : {CallState::Planned, CallState::Sent, CallState::Done, CallState::Failed})
    store->for_each_call(state, [&](const CallRecord& call) {
      CHECK((call.request + call.reply + call.error).find(kCanary) == std::string::npos);
    });
}

TEST_CASE(
    "a key goes to the address it was given for: a role with its own address does not take the teacher's") {
  EndpointSection teacher, referee;
  teacher.base_url = "https://one.example/v1";
  teacher.key_env = "ONE_KEY";
  CHECK(filled(referee, teacher).key_env == "ONE_KEY");
  referee.base_url = "https://other.example/v1";
  CHECK(filled(referee, teacher).key_env.empty());
}

}  // namespace
}  // namespace retort
