// Batch mode against both APIs: matched by custom id, expired and failed requests go into the next batch, and
// whenever the process ends, the batch that is out there is found again and nothing is paid for twice.
#include "chat/batch.h"

#include "base/log.h"
#include "chat/batch_fake_for_test.h"
#include "chat/chat_for_test.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

using Api = FakeBatchServer::Api;
struct Crash {};

// A chat in batch mode; the process ends at the n-th request, before or after the server has seen it.
struct BatchForTest {
  enum class End { BeforeIt, AfterIt };
  explicit BatchForTest(Api api)
      : t([this](const HttpRequest& request, int) { return reply(request); }), server(api, t.clock) {
    t.options.mode = "batch";
    t.options.dialect = api == Api::OpenAi ? "openai" : "anthropic";
    t.options.prices = {.in = 1, .out = 2};
    t.make();
  }

  FakeAnswer reply(const HttpRequest& request) {
    const bool here = ++requests == ends_at;
    if (here && end == End::BeforeIt) throw Crash{};
    HttpReply answer = server.answer(request);
    if (here && end == End::AfterIt) throw Crash{};
    if (loses_answers && requests % 3 == 0) return {Error{ErrorCode::Unreachable, "reset"}, true, 10};
    return {answer, true, 10};
  }
  // Asks until no process ends any more.
  std::vector<Result<ChatReply>> ask(int count) {
    for (;;) try {
        return t.ask(questions(count));
      } catch (const Crash&) {
        t.reopen();
      }
  }
  void check_whole(const std::vector<Result<ChatReply>>& replies) {
    for (size_t i = 0; i < replies.size(); ++i) {
      REQUIRE(replies[i]);
      CHECK(replies[i]->text == format("to question {}", i));
      CHECK(server.charged[replies[i]->call_key] == 1);
    }
    const CallTotals totals = t.store->call_totals()["teacher"];
    CHECK(totals.cost == static_cast<int64_t>(replies.size()) * (3 * 1'000 + 2 * 2'000));
    CHECK(totals.unknown == 0);
    CHECK(totals.reserved == 0);
    CHECK(t.store->open_batches("teacher").empty());
    CHECK(t.store->full_check().empty());
  }

  int requests = 0, ends_at = 0;
  End end = End::BeforeIt;
  bool loses_answers = false;
  ChatForTest t;
  FakeBatchServer server;
};

void for_both(const std::function<void(Api)>& test) {
  for (Api api : {Api::OpenAi, Api::Anthropic}) {
    CAPTURE(static_cast<int>(api));
    test(api);
  }
}

}  // namespace

TEST_CASE("a batch is asked once, and its results come back to their requests by custom id") {
  for_both([](Api api) {
    BatchForTest b(api);
    b.check_whole(b.ask(7));
    CHECK(b.server.created == 1);
    const int before = b.requests;
    b.check_whole(b.ask(7));  // all is stored
    CHECK(b.requests == before);
  });
}

TEST_CASE("wherever the process ends, the batch is found again and nothing is paid for twice") {
  for_both([](Api api) {
    BatchForTest whole(api);
    whole.check_whole(whole.ask(5));
    int ends = 0;
    for (int n = 1; n <= whole.requests + 3; ++n)
      for (auto end : {BatchForTest::End::BeforeIt, BatchForTest::End::AfterIt}) {
        CAPTURE(n);
        BatchForTest b(api);
        b.ends_at = n;
        b.end = end;
        b.check_whole(b.ask(5));
        CHECK(b.server.created == 1);
        ends += b.requests >= n;
      }
    MESSAGE("the process ended at ", ends, " places");
    CHECK(ends >= 16);
  });
}

TEST_CASE("a batch whose creation was not answered is looked for before another is made") {
  for_both([](Api api) {
    BatchForTest b(api);
    b.loses_answers = true;
    b.check_whole(b.ask(5));
    CHECK(b.server.created == 1);
  });
}

TEST_CASE("somebody else's batch of the same size is not taken for ours") {
  BatchForTest b(Api::Anthropic);
  b.server.batches_of_others = 2;
  b.ends_at = 1;
  b.end = BatchForTest::End::AfterIt;
  b.check_whole(b.ask(5));
  CHECK(b.server.created == 1);
}

TEST_CASE("expired requests and those of a server's trouble go into the next batch, wrong ones fail alone") {
  for_both([](Api api) {
    BatchForTest b(api);
    b.server.expires = {"question 1", "question 4"};
    b.server.fails = {"question 2"};
    b.server.wrong = {"question 3"};
    const auto replies = b.ask(6);
    CHECK(b.server.created == 2);
    for (size_t i : {0, 1, 2, 4, 5}) CHECK(replies[i]->text == format("to question {}", i));
    REQUIRE_FALSE(replies[3]);
    CHECK(replies[3].error().code == ErrorCode::BadRequest);
    CHECK(b.t.store->call_totals()["teacher"].cost == 5 * 7'000);
  });
}

TEST_CASE(
    "a result that cannot be read may have been charged: asked again, and listed as of unknown outcome") {
  for_both([](Api api) {
    BatchForTest b(api);
    b.server.garbles = {"question 2"};
    const auto replies = b.ask(4);
    CHECK(b.server.created == 2);
    for (size_t i = 0; i < 4; ++i) CHECK(replies[i]->text == format("to question {}", i));
    CHECK(b.server.charged[replies[2]->call_key] == 2);
    const CallTotals totals = b.t.store->call_totals()["teacher"];
    CHECK(totals.unknown == 1);
    CHECK(totals.unknown_cost > 0);
    CHECK(totals.cost == 4 * 7'000);
  });
}

TEST_CASE("a batch whose results name nothing is not asked again for ever") {
  for_both([](Api api) {
    BatchForTest b(api);
    b.t.options.attempts_max = 3;
    b.t.make();
    b.server.says_nothing = true;
    const auto replies = b.ask(2);
    CHECK(b.server.created == 3);
    for (const auto& reply : replies) CHECK(reply.error().code == ErrorCode::ServerError);
    CHECK(b.t.store->call_totals()["teacher"].unknown == 6);
  });
}

TEST_CASE("a batch holds what the budget allows; when not even one fits, the run ends") {
  for_both([](Api api) {
    BatchForTest b(api);
    const int64_t one =
        highest_cost(b.t.options.prices, chat_request_json(b.t.options, questions(1)[0]).size(), 1024);
    b.t.options.money_max = 2 * one + one / 2;
    b.t.make();
    b.check_whole(b.ask(6));  // each costs a fraction of what is reserved
    CHECK(b.server.created >= 3);
    BatchForTest poor(api);
    poor.t.options.money_max = one / 2;
    poor.t.make();
    CHECK(poor.t.fatal(questions(2)).code() == ErrorCode::BudgetSpent);
    CHECK(poor.server.created == 0);
  });
}

TEST_CASE("large asks are cut into batches") {
  BatchForTest b(Api::OpenAi);
  b.t.chat = make_batch_chat(b.t.options, *b.t.store, b.t.network, b.t.clock, {.requests_max = 4});
  b.check_whole(b.ask(10));
  CHECK(b.server.created == 3);
}

TEST_CASE("batch mode needs a provider that has batches") {
  ChatForTest t([](const HttpRequest&, int) { return FakeAnswer{}; });
  t.options.mode = "batch";
  t.options.dialect = "vllm";
  CHECK_THROWS_AS(t.make(), RunError);
}

}  // namespace retort
