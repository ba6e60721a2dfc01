// The chat beside a server that keeps a ledger of what it charges, under random faults, ends of the process
// and caps: nothing stored is paid for again, no row is lost, and the ledger never passes the cap, though the
// server charges for replies that never arrive.
#include <cstdlib>
#include <map>

#include "base/log.h"
#include "base/random.h"
#include "chat/chat_for_test.h"

namespace retort {
namespace {

const bool quiet = [] { return set_log_level(LogLevel::Quiet), true; }();

struct Crash {};

// A server by dice. Its replies cost what their usage says; a lost reply may have cost as much.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed, "ledger") {}

  FakeAnswer answer(const HttpRequest& request, int64_t cap, bool stored) {
    if (stored) ++asked_again;
    const int64_t latency_ms = random_.range(1, 400);
    switch (random_.below(12)) {
      case 0:
        return status(429, {{"retry-after-ms", "20"}});
      case 1:
        return status(503);
      case 2:
        return refused();
      case 3:
        if (random_.below(2) == 0) charge(request, cap);
        return {Error{ErrorCode::Timeout, "no reply in time"}, true, 5'000};
      case 4:
        charge(request, cap);
        return {Error{ErrorCode::Unreachable, "reset"}, true, latency_ms};
      default:
        return reply(charge(request, cap), latency_ms);
    }
  }
  bool crashes() { return random_.below(80) == 0; }
  int64_t more_money() { return random_.range(200, 6'000); }

  int64_t charged = 0;
  int asked_again = 0, cap_passed = 0;
  std::map<std::string, int64_t> times_charged;

 private:
  // Prices are one billionth a token in and two out; usage is at most what was allowed.
  TokenUsage charge(const HttpRequest& request, int64_t cap) {
    const TokenUsage usage{static_cast<int64_t>(request.body.size()) - random_.range(0, 60),
                           random_.range(1, 64)};
    charged += usage.tokens_in + 2 * usage.tokens_out;
    cap_passed += charged > cap;
    ++times_charged[request.body];
    return usage;
  }
  static FakeAnswer reply(const TokenUsage& usage, int64_t latency_ms) {
    return {HttpReply{200,
                      {},
                      format(R"({{"choices":[{{"message":{{"content":"a"}},"finish_reason":"stop"}}],)"
                             R"("usage":{{"prompt_tokens":{},"completion_tokens":{}}}}})",
                             usage.tokens_in, usage.tokens_out)},
            true, latency_ms};
  }
  Random random_;
};

std::vector<ChatRequest> small_questions() {
  std::vector<ChatRequest> requests = questions(25);
  for (ChatRequest& request : requests) request.sampling.tokens_max = 64;
  return requests;
}

void live_through(uint64_t seed) {
  INFO("seed ", seed);
  Dice dice(seed);
  const std::vector<ChatRequest> requests = small_questions();
  ChatForTest* chat = nullptr;
  std::map<std::string, std::string> key_of_body;
  ChatForTest t([&](const HttpRequest& request, int) {
    const auto record = chat->store->call(key_of_body.at(request.body));
    return dice.answer(request, *chat->options.money_max, record->state == CallState::Done);
  });
  chat = &t;
  for (const ChatRequest& request : requests)
    key_of_body[chat_request_json(t.options, request)] = chat_call_key(t.options, request);
  t.options.prices = {.in = 0.001, .out = 0.002};
  t.options.money_max = dice.more_money();
  t.options.attempts_max =
      30;  // dice fail a request eight times while others pass, once in some ten thousand
  t.make();
  t.network.on_start = [&](const HttpRequest&) {
    if (dice.crashes()) throw Crash{};
  };
  for (int lives = 0;; ++lives) {
    REQUIRE(lives < 1'000);
    try {
      for (const auto& reply : t.ask(requests)) CHECK(reply.has_value());
      break;
    } catch (const Crash&) {
    } catch (const RunError& error) {
      CHECK(error.code() == ErrorCode::BudgetSpent);
      *t.options.money_max += dice.more_money();
    }
    t.reopen();
  }
  CHECK(dice.asked_again == 0);
  CHECK(dice.cap_passed == 0);
  int64_t cost = 0;
  for (const auto& [body, key] : key_of_body) {
    const CallRecord call = *t.store->call(key);
    CHECK(call.state == CallState::Done);
    // Every charge is a reply that is stored, or an outcome that the store calls unknown.
    CHECK(dice.times_charged[body] <= 1 + call.unknown_outcomes);
    cost += call.cost;
  }
  CHECK(cost <= dice.charged);
  const CallTotals totals = t.store->call_totals()["teacher"];
  CHECK(dice.charged <= totals.cost + totals.unknown_cost);
  CHECK(t.store->full_check().empty());
}

TEST_CASE("under random faults, crashes and caps nothing is paid twice, lost, or above the cap") {
  const uint64_t seeds = std::getenv("RETORT_LONG") != nullptr ? 2'000 : 60;
  for (uint64_t seed = 1; seed <= seeds; ++seed) live_through(seed);
}

}  // namespace
}  // namespace retort
