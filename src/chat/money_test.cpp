// The budget: nothing leaves that could pass it, and nothing is lost when it is spent.
#include "base/log.h"
#include "chat/chat_for_test.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

struct Sums {
  int64_t cost = 0, unknown = 0, reserved = 0;
};
Sums sums_of(RunStore& store) {
  Sums sums;
  for (const auto& [role, totals] : store.call_totals()) {
    sums.cost += totals.cost;
    sums.unknown += totals.unknown_cost;
    sums.reserved += totals.reserved;
  }
  return sums;
}

// 10 tokens in and 20 out a reply, one billionth a token in and two out.
constexpr int64_t kCost = 10 + 2 * 20;
FakeAnswer priced(int64_t latency_ms = 10) {
  return {HttpReply{200,
                    {},
                    R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],)"
                    R"("usage":{"prompt_tokens":10,"completion_tokens":20}})"},
          true, latency_ms};
}
ChatForTest& with_prices(ChatForTest& t, std::optional<int64_t> money_max) {
  t.options.prices = {.in = 0.001, .out = 0.002};
  t.options.money_max = money_max;
  t.make();
  return t;
}

TEST_CASE("what calls cost is in the store, exactly") {
  ChatForTest t([](const HttpRequest&, int) { return priced(); });
  with_prices(t, std::nullopt).ask(questions(7));
  CHECK(sums_of(*t.store).cost == 7 * kCost);
  CHECK(sums_of(*t.store).reserved == 0);
}

TEST_CASE("a reply without usage costs what was reserved for it") {
  ChatForTest t([](const HttpRequest&, int) {
    return status(200, {}, R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]})");
  });
  with_prices(t, std::nullopt).ask(questions(1));
  CHECK(sums_of(*t.store).cost ==
        highest_cost(t.options.prices, chat_request_json(t.options, questions(1)[0]).size(), 1'024));
}

TEST_CASE("the budget is never passed, whatever is in flight, and the run stops with its own code") {
  for (int64_t cap : {0, 1, 2'000, 2'500, 5'000, 20'000}) {
    ChatForTest t([](const HttpRequest&, int) { return priced(500); });
    t.options.concurrency_max = 16;
    with_prices(t, cap);
    t.network.on_poll = [&] {
      Sums sums = sums_of(*t.store);
      REQUIRE(sums.cost + sums.unknown + sums.reserved <= cap);
    };
    RunError error = t.fatal(questions(2'000));
    CHECK(error.code() == ErrorCode::BudgetSpent);
    CHECK(exit_code(error.code()) == 13);
    CHECK(std::string(error.what()).find("raise money of [budget]") != std::string::npos);
    Sums sums = sums_of(*t.store);
    CHECK(sums.reserved == 0);
    CHECK(sums.cost <= cap);
    // It stops only when the next request alone could pass it.
    CHECK(cap - sums.cost < highest_cost(t.options.prices, 200, 1'024));
    CHECK(t.store->call_totals()["teacher"].done == sums.cost / kCost);
  }
}

TEST_CASE("after the cap is raised the run goes on with the rest only") {
  ChatForTest t([](const HttpRequest&, int) { return priced(); });
  with_prices(t, 5'000);
  CHECK(t.fatal(questions(100)).code() == ErrorCode::BudgetSpent);
  size_t paid = t.network.sent.size();
  CHECK(paid > 30);
  CHECK(paid < 100);
  t.options.money_max = 100'000;
  t.reopen();
  for (const auto& reply : t.ask(questions(100))) CHECK(reply.has_value());
  CHECK(t.network.sent.size() == 100);
  CHECK(sums_of(*t.store).cost == 100 * kCost);
}

TEST_CASE("what is stored already is read for nothing, with the budget spent") {
  ChatForTest t([](const HttpRequest&, int) { return priced(); });
  with_prices(t, std::nullopt).ask(questions(5));
  t.options.money_max = 1;
  t.reopen();
  CHECK(t.ask(questions(5))[4].has_value());
}

TEST_CASE("calls of unknown outcome are priced apart, at the most, and count against the budget") {
  ChatForTest t([](const HttpRequest&, int time) { return time == 1 ? timed_out() : priced(); });
  with_prices(t, std::nullopt).ask(questions(3));
  Sums sums = sums_of(*t.store);
  int64_t most = 0;
  for (const ChatRequest& request : questions(3))
    most += highest_cost(t.options.prices, chat_request_json(t.options, request).size(), 1'024);
  CHECK(sums.unknown == most);
  CHECK(sums.cost == 3 * kCost);
  CHECK(t.store->call_totals()["teacher"].unknown == 3);

  t.options.money_max = sums.unknown + sums.cost;
  t.reopen();
  CHECK(t.fatal(questions(4)).code() == ErrorCode::BudgetSpent);
}

TEST_CASE("a refusal gives its money back at once") {
  ChatForTest t([](const HttpRequest&, int time) { return time == 1 ? status(503) : priced(); });
  with_prices(t, 10'000);
  for (const auto& reply : t.ask(questions(20))) CHECK(reply.has_value());
  CHECK(sums_of(*t.store).cost == 20 * kCost);
  CHECK(sums_of(*t.store).unknown == 0);
}

TEST_CASE("the roles of a run share one budget") {
  ChatForTest t([](const HttpRequest&, int) { return priced(); });
  with_prices(t, std::nullopt).ask(questions(50));
  auto referee_questions = questions(5);
  for (ChatRequest& request : referee_questions) request.role = "referee";
  t.options.name = "referee";
  t.options.money_max = 50 * kCost + 100;
  t.make();
  CHECK(t.fatal(referee_questions).code() == ErrorCode::BudgetSpent);
}

}  // namespace
}  // namespace retort
