// The promises of chat.h, without a network.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "base/log.h"
#include "base/stop.h"
#include "chat/chat_for_test.h"
#include "chat/retry.h"

namespace retort {
namespace {

// The trouble that these tests make is not worth a line on the terminal.
const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

std::string question_of(const HttpRequest& request) {
  return std::string(parse_json(request.body)->at_path("messages/0/content").string_or(""));
}

TEST_CASE("replies come back in the order of the requests, however they arrive") {
  ChatForTest t([n = 0](const HttpRequest& request, int) mutable {
    return ok("to " + question_of(request), 100 - 7 * (n++ % 10));
  });
  auto replies = t.ask(questions(40));
  REQUIRE(replies.size() == 40);
  for (int i = 0; i < 40; ++i) {
    CHECK(replies[i]->text == format("to question {}", i));
    CHECK(replies[i]->call_key == chat_call_key(t.options, questions(40)[i]));
    CHECK(replies[i]->tokens_out == 2);
  }
  CHECK(t.network.in_flight_max == 4);
}

TEST_CASE("nothing asked is nothing sent") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  CHECK(t.ask({}).empty());
  CHECK(t.network.sent.empty());
}

TEST_CASE("a call is SENT in the store before its bytes leave") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  auto requests = questions(9);
  size_t checked = 0;
  t.network.on_start = [&](const HttpRequest& request) {
    for (const ChatRequest& r : requests)
      if (chat_request_json(t.options, r) == request.body) {
        CHECK(t.record(r).state == CallState::Sent);
        ++checked;
      }
  };
  t.ask(requests);
  CHECK(checked == 9);
}

TEST_CASE("a raw reply is kept even when it cannot be parsed, and never asked for again") {
  ChatForTest t([](const HttpRequest&, int) { return status(200, {}, "{\"broken"); });
  auto first = t.ask(questions(1));
  CHECK(first[0].error().code == ErrorCode::BadReply);
  CHECK(t.record(questions(1)[0]).state == CallState::Done);
  CHECK(t.record(questions(1)[0]).reply == "{\"broken");
  t.reopen();
  CHECK(t.ask(questions(1))[0].error().code == ErrorCode::BadReply);
  CHECK(t.network.sent.size() == 1);
}

TEST_CASE("usage, status and role are in the store") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  t.ask(questions(3));
  CallTotals totals = t.store->call_totals()["teacher"];
  CHECK(totals.done == 3);
  CHECK(totals.tokens_in == 9);
  CHECK(totals.tokens_out == 6);
  CHECK(t.record(questions(1)[0]).http_status == 200);
}

TEST_CASE("asking again sends nothing and gives the same") {
  ChatForTest t([](const HttpRequest& request, int) { return ok("to " + question_of(request)); });
  t.ask(questions(5));
  t.reopen();
  auto replies = t.ask(questions(7));
  CHECK(t.network.sent.size() == 7);
  CHECK(replies[0]->text == "to question 0");
  CHECK(replies[6]->text == "to question 6");
}

TEST_CASE("equal requests of a batch are sent once and all get the reply") {
  ChatForTest t([](const HttpRequest& request, int) { return ok("to " + question_of(request)); });
  auto requests = questions(3);
  requests.push_back(requests[1]);
  requests.push_back(requests[1]);
  requests.push_back(requests[0]);
  auto replies = t.ask(requests);
  CHECK(t.network.sent.size() == 3);
  CHECK(replies[3]->text == "to question 1");
  CHECK(replies[4]->text == "to question 1");
  CHECK(replies[5]->text == "to question 0");
}

TEST_CASE("another sample of the same request is another call") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  auto requests = questions(1);
  requests.push_back(requests[0]);
  requests[1].sample_index = 1;
  t.ask(requests);
  CHECK(t.network.sent.size() == 2);
}

TEST_CASE("a 429 is sent again after the wait that the server asked for, to the millisecond") {
  struct {
    HttpHeaders headers;
    int64_t wait_ms;
  } cases[] = {
      {{{"retry-after", "2"}}, 2'000},
      {{{"retry-after", "0.5"}}, 500},
      {{{"retry-after-ms", "1234"}, {"retry-after", "9"}}, 1'234},
      {{{"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"}, {"date", "Sun, 06 Nov 1994 08:49:37 GMT"}}, 10'000},
      {{{"retry-after", "600"}}, 600'000},
      {{{"retry-after", "1e9"}}, kServerWaitMaxMs}};
  for (const auto& c : cases) {
    ChatForTest t([&](const HttpRequest&, int time) { return time == 1 ? status(429, c.headers) : ok("a"); });
    CHECK(t.ask(questions(1))[0]->text == "a");
    REQUIRE(t.network.sent.size() == 2);
    CHECK(t.network.sent[1].at_ms - t.network.sent[0].at_ms == 10 + c.wait_ms);
  }
}

TEST_CASE("waits that mean nothing are replaced by the back-off") {
  for (const char* wait : {"-5", "nan", "0", "inf", "later", ""}) {
    ChatForTest t([&](const HttpRequest&, int time) {
      return time < 4 ? status(429, {{"retry-after", wait}}) : ok("a");
    });
    CHECK(t.ask(questions(1))[0]->text == "a");
    REQUIRE(t.network.sent.size() == 4);
    for (int attempt = 1; attempt < 4; ++attempt) {
      int64_t waited = t.network.sent[attempt].at_ms - t.network.sent[attempt - 1].at_ms - 10;
      CHECK(waited >= 1);
      CHECK(waited <= backoff_max_ms(attempt));
    }
  }
}

TEST_CASE("statuses of the table are sent again; one request that fails while others pass is given up") {
  for (int code : {408, 409, 500, 502, 503, 504, 529}) {
    ChatForTest t([&](const HttpRequest& request, int) {
      return question_of(request) == "question 0" ? status(code, {}, R"({"error":{"message":"busy"}})")
                                                  : ok("a");
    });
    t.options.attempts_max = 5;
    t.make();
    auto replies = t.ask(questions(2));
    // It cannot be known at first whether the endpoint or the request is to blame.
    CHECK(t.network.sent.size() == 1 + 6);
    CHECK(replies[1].has_value());
    REQUIRE_FALSE(replies[0].has_value());
    CHECK(replies[0].error().message == format("HTTP {}: busy", code));
    CallRecord record = t.record(questions(1)[0]);
    CHECK(record.state == CallState::Failed);
    CHECK(record.attempts == 6);
    CHECK(record.error_code == replies[0].error().code);
    // It is still suspect in the next run, where nobody else is left to ask.
    t.reopen();
    CHECK_FALSE(t.ask(questions(2))[0].has_value());
    CHECK(t.network.sent.size() == 1 + 6 + 5);
  }
}

TEST_CASE("400, 404, 413 and 422 fail at once, alone, with the server's words") {
  for (int code : {400, 404, 413, 422}) {
    ChatForTest t([&](const HttpRequest& request, int) {
      return question_of(request) == "question 1" ? status(code, {}, "no\x1b such") : ok("a");
    });
    auto replies = t.ask(questions(3));
    CHECK(t.network.sent.size() == 3);
    CHECK(replies[0].has_value());
    CHECK(replies[1].error().code == ErrorCode::BadRequest);
    CHECK(replies[1].error().message == format("HTTP {}: no\\x1b such", code));
    CHECK(replies[2].has_value());
  }
}

TEST_CASE("a request that failed in one run is asked again in the next") {
  ChatForTest t([](const HttpRequest&, int time) { return time == 1 ? status(400) : ok("a"); });
  CHECK_FALSE(t.ask(questions(1))[0].has_value());
  t.reopen();
  CHECK(t.ask(questions(1))[0].has_value());
  CHECK(t.store->call_totals()["teacher"].unknown == 0);
}

TEST_CASE("a refused key ends the run once what is in flight has landed, and says what to do") {
  for (int code : {401, 403}) {
    ChatForTest t([&](const HttpRequest& request, int) {
      return question_of(request) == "question 0"
                 ? status(code, {}, R"({"error":{"message":"bad key sk-canary-0123456789"}})")
                 : ok("a", 3'000);
    });
    t.options.key = "sk-canary-0123456789";
    t.make();
    RunError error = t.fatal(questions(50));
    CHECK(error.code() == ErrorCode::Unauthorized);
    CHECK(std::string(error.what()).find("key_env of [teacher]") != std::string::npos);
    CHECK(std::string(error.what()).find("canary") == std::string::npos);
    CHECK(t.network.sent.size() == 4);
    CHECK(t.store->call_totals()["teacher"].done == 3);
    CHECK(t.network.in_flight() == 0);
  }
}

TEST_CASE("spent credit ends the run and is never retried") {
  ChatForTest t([](const HttpRequest&, int) {
    return status(429, {{"retry-after", "1"}}, R"({"error":{"code":"insufficient_quota"}})");
  });
  CHECK(t.fatal(questions(20)).code() == ErrorCode::QuotaExceeded);
  CHECK(t.network.sent.size() == 4);
  CHECK(t.store->call_totals()["teacher"].planned == 16);
}

TEST_CASE("an endpoint that never was there ends the run after some attempts") {
  ChatForTest t([](const HttpRequest&, int) { return refused(); });
  RunError error = t.fatal(questions(100));
  CHECK(error.code() == ErrorCode::Unreachable);
  CHECK(std::string(error.what()).find("check base_url of [teacher]") != std::string::npos);
  CHECK(t.network.sent.size() >= 8);
  CHECK(t.network.sent.size() <= 8 + 3 + 8);
}

TEST_CASE("a network that goes away in the middle ends the run too, and the rest stays to be asked") {
  int answered = 0;
  bool network_is_up = false;
  ChatForTest t(
      [&](const HttpRequest&, int) { return network_is_up || ++answered <= 10 ? ok("a") : refused(); });
  CHECK(t.fatal(questions(100)).code() == ErrorCode::Unreachable);
  CHECK(t.store->call_totals()["teacher"].done == 10);
  CHECK(t.store->call_totals()["teacher"].planned >= 70);
  network_is_up = true;
  t.reopen();
  for (const auto& reply : t.ask(questions(100))) CHECK(reply.has_value());
  CHECK(t.store->call_totals()["teacher"].unknown == 0);
}

TEST_CASE("an endpoint that never replies to anything is unreachable, one poisoned request is not") {
  ChatForTest silent([](const HttpRequest&, int) { return timed_out(); });
  CHECK(silent.fatal(questions(3)).code() == ErrorCode::Unreachable);

  ChatForTest t([](const HttpRequest& request, int) {
    return question_of(request) == "question 1" ? timed_out() : ok("a");
  });
  auto replies = t.ask(questions(3));
  CHECK(replies[1].error().code == ErrorCode::Timeout);
  CHECK(replies[2].has_value());
  t.reopen();
  CHECK(t.ask(questions(3))[1].error().code == ErrorCode::Timeout);
}

TEST_CASE("a storm of 429 is probed by one request at a time, and nothing is lost") {
  // The server takes nothing for ten seconds.
  FakeClock* clock = nullptr;
  ChatForTest t(
      [&](const HttpRequest&, int) { return clock->monotonic_ms() < 11'000 ? status(429) : ok("a"); });
  clock = &t.clock;
  t.options.concurrency_max = 16;
  t.options.attempts_max = 20;
  t.make();
  for (const auto& reply : t.ask(questions(200))) CHECK(reply.has_value());
  size_t in_storm = 0;
  for (const auto& sent : t.network.sent) in_storm += sent.at_ms < 11'000;
  CHECK(in_storm >= 17);
  CHECK(in_storm <= 16 + 20);
  CHECK(t.network.sent.size() == 200 + in_storm);
}

TEST_CASE("after a storm the first to leave is one of those that were refused") {
  std::set<std::string> refused_bodies;
  bool storm = true;
  ChatForTest t([&](const HttpRequest& request, int) {
    if (storm) refused_bodies.insert(request.body);
    return storm ? status(429, {{"retry-after", "5"}}) : ok("a");
  });
  t.network.on_poll = [&] { storm = t.clock.monotonic_ms() < 3'000; };
  t.ask(questions(30));
  REQUIRE(refused_bodies.size() == 4);
  for (size_t i = 4; i < 8; ++i) CHECK(refused_bodies.contains(t.network.sent[i].body));
}

TEST_CASE("a server that fails everything is not asked everything") {
  FakeClock* clock = nullptr;
  ChatForTest t(
      [&](const HttpRequest&, int) { return clock->monotonic_ms() < 61'000 ? status(503) : ok("a"); });
  clock = &t.clock;
  for (const auto& reply : t.ask(questions(300))) CHECK(reply.has_value());
  CHECK(t.network.sent.size() <= 300 + 40);
}

TEST_CASE("failures here and there do not slow the others down") {
  ChatForTest t([](const HttpRequest& request, int time) {
    return time == 1 && question_of(request).ends_with('7') ? status(500) : ok("a", 1'000);
  });
  int64_t begin = t.clock.monotonic_ms();
  for (const auto& reply : t.ask(questions(80))) CHECK(reply.has_value());
  // Twenty rounds of a second for all, and at most one more for those that were sent twice.
  CHECK(t.clock.monotonic_ms() - begin <= 22'000);
}

TEST_CASE("a long wait that the server asks for parks the whole queue") {
  ChatForTest t([](const HttpRequest& request, int time) {
    return question_of(request) == "question 0" && time == 1 ? status(503, {{"retry-after", "300"}})
                                                             : ok("a", 20);
  });
  t.ask(questions(30));
  int early = 0;
  for (const auto& sent : t.network.sent) early += sent.at_ms < t.network.sent[0].at_ms + 300'000;
  CHECK(early == 4);
  CHECK(t.network.sent.size() == 31);
}

TEST_CASE("between attempts a call is FAILED when it was surely not charged, SENT when nobody knows") {
  for (bool known : {true, false}) {
    // The second request is slow, so that there is something to wait for while the first one waits.
    ChatForTest t([&](const HttpRequest& request, int time) {
      if (question_of(request) == "question 1") return ok("a", 30'000);
      if (time > 1) return ok("a");
      return known ? status(429) : timed_out();
    });
    std::set<CallState> seen;
    t.network.on_poll = [&] { seen.insert(t.record(questions(1)[0]).state); };
    t.ask(questions(2));
    CHECK(seen.contains(CallState::Failed) == known);
    CHECK(t.record(questions(1)[0]).attempts == 2);
  }
}

TEST_CASE("a process may end at any turn: the next one asks only the rest, and counts what is unknown") {
  struct Crash {};
  for (int crash_at = 1; crash_at <= 30; ++crash_at) {
    int turns = 0;
    bool crashing = true;
    ChatForTest t([](const HttpRequest& request, int time) {
      return time == 1 && question_of(request) == "question 3" ? status(500)
                                                               : ok("to " + question_of(request), 10);
    });
    t.network.on_start = [&](const HttpRequest&) {
      if (crashing && ++turns == crash_at) throw Crash{};
    };
    bool crashed = false;
    try {
      t.ask(questions(20));
    } catch (const Crash&) {
      crashed = true;
    }
    CallTotals before = t.store->call_totals()["teacher"];
    size_t sent_before = t.network.sent.size();
    crashing = false;
    t.reopen();
    // What was on its way dies with the process.
    FakeTransport fresh(t.clock,
                        [](const HttpRequest& request, int) { return ok("to " + question_of(request)); });
    auto chat = make_chat(t.options, *t.store, fresh, t.clock);
    auto replies = chat->ask(questions(20));
    for (int i = 0; i < 20; ++i) CHECK(replies[i]->text == format("to question {}", i));
    CHECK(fresh.sent.size() == size_t(20 - before.done));
    CHECK(t.store->call_totals()["teacher"].unknown == before.sent);
    CHECK(crashed == (crash_at <= 21));
    CHECK(sent_before <= 21);
  }
}

TEST_CASE("a reply that nobody waits for is ignored") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  t.network.stray({uint64_t{1} << 60, HttpReply{200, {}, completion_json("stray")}, true, 1});
  t.network.stray({uint64_t{1} << 60, Error{ErrorCode::Timeout, ""}, true, 1});
  CHECK(t.ask(questions(2))[1]->text == "a");
}

TEST_CASE("the key goes into one header and nowhere else") {
  ChatForTest t([](const HttpRequest& request, int time) {
    std::string echo;
    for (const auto& [name, value] : request.headers) echo += name + "=" + value + " ";
    return time == 1 ? status(500, {}, echo) : ok(echo);
  });
  t.options.key = "sk-canary-0123456789\n";
  t.make();
  auto replies = t.ask(questions(2));
  for (const auto& sent : t.network.sent) {
    CHECK(sent.headers.back() ==
          std::pair<std::string, std::string>{"authorization", "Bearer sk-canary-0123456789"});
    CHECK(sent.body.find("canary") == std::string::npos);
    CHECK(sent.url == "http://127.0.0.1:1/v1/chat/completions");
  }
  CHECK(replies[0]->text.find("Bearer [key]") != std::string::npos);
  t.chat.reset();
  t.store.reset();
  for (const auto& file : std::filesystem::directory_iterator(t.folder.path()))
    CHECK(read_file(file.path())->find("canary") == std::string::npos);
}

TEST_CASE("a key that is a common word leaves replies alone") {
  ChatForTest t(
      [](const HttpRequest&, int time) { return time == 1 ? status(400, {}, "the key k") : ok("key"); });
  t.options.key = "k";
  t.make();
  CHECK(t.ask(questions(1))[0].error().message == "HTTP 400: the [key]ey [key]");
  CHECK(t.ask(questions(1))[0]->text == "key");
}

TEST_CASE("no key, no Authorization header") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a"); });
  t.ask(questions(1));
  CHECK(t.network.sent[0].headers.size() == 1);
}

TEST_CASE("progress ends with all, counts equal requests, and is not called for every reply") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a", 1); });
  auto requests = questions(300);
  requests.push_back(requests[0]);
  std::vector<std::pair<size_t, size_t>> calls;
  t.chat->progress = [&](size_t done, size_t all) { calls.emplace_back(done, all); };
  t.ask(requests);
  REQUIRE_FALSE(calls.empty());
  CHECK(calls.back() == std::pair<size_t, size_t>{301, 301});
  CHECK(calls.size() < 20);
}

TEST_CASE("twenty thousand requests go through one ask") {
  ChatForTest t([](const HttpRequest&, int) { return ok("a", 5); });
  t.options.concurrency_max = 512;
  t.make();
  auto replies = t.ask(questions(20'000));
  CHECK(std::all_of(replies.begin(), replies.end(), [](const auto& r) { return r.has_value(); }));
  CHECK(t.store->call_totals()["teacher"].done == 20'000);
  CHECK(t.network.in_flight_max == 512);
}

// A stop cannot be taken back in a process, so each of these runs in a child.
int in_child(const std::function<bool()>& body) {
  pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int result = -1;
  waitpid(child, &result, 0);
  return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

TEST_CASE("a stop lets what is in flight land, stores it, and ends the run") {
  CHECK(in_child([] {
          install_stop_signals();
          ChatForTest t([n = 0](const HttpRequest&, int) mutable {
            if (++n == 4) raise(SIGTERM);
            return ok("a", 20'000);
          });
          RunError error = t.fatal(questions(50));
          return error.code() == ErrorCode::Interrupted && t.network.sent.size() == 4 &&
                 t.store->call_totals()["teacher"].done == 4;
        }) == 0);
}

TEST_CASE("a stop does not wait for ever") {
  CHECK(in_child([] {
          install_stop_signals();
          ChatForTest t([](const HttpRequest&, int) {
            raise(SIGTERM);
            return ok("a", 599'000);
          });
          t.options.concurrency_max = 1;
          t.make();
          int64_t begin = t.clock.monotonic_ms();
          RunError error = t.fatal(questions(5));
          return error.code() == ErrorCode::Interrupted && t.clock.monotonic_ms() - begin <= 31'000 &&
                 t.store->call_totals()["teacher"].sent == 1;
        }) == 0);
}

}  // namespace
}  // namespace retort
