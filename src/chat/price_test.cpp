#include "chat/price.h"

#include "base/test.h"

namespace retort {
namespace {

TEST_CASE("a call costs its tokens by the million, cached input by its own price") {
  const Prices prices{.in = 0.15, .cached_in = 0.075, .out = 0.6};
  CHECK(cost_of(prices, {1'000'000, 0}) == 150'000'000);
  CHECK(cost_of(prices, {0, 1'000'000}) == 600'000'000);
  CHECK(cost_of(prices, {1'000'000, 0, 400'000}) == 90'000'000 + 30'000'000);
  CHECK(cost_of(prices, {3, 7}) == 3 * 150 + 7 * 600);
  CHECK(cost_of({.in = 1, .out = 2}, {10, 0, 10}) == 10'000);
  CHECK(cost_of({}, {1'000, 1'000}) == 0);
}

TEST_CASE("a fraction of a billionth is rounded up, an exact sum is not") {
  CHECK(cost_of({.in = 0.0001}, {1, 0}) == 1);
  CHECK(cost_of({.in = 0.1}, {3, 0}) == 300);
  CHECK(cost_of({.in = 0.3, .out = 0.7}, {1'000'001, 999'999}) == 1'000'000'000 - 400);
}

TEST_CASE("usage that cannot be costs no less than nothing and no more than all of it") {
  CHECK(cost_of({.in = 2, .cached_in = 1}, {10, 0, 99}) == 10'000);
  CHECK(cost_of({.in = 2, .cached_in = 1}, {10, 0, -5}) == 20'000);
}

TEST_CASE("no request costs more than its reservation") {
  const Prices prices{.in = 1, .cached_in = 3, .out = 2};
  for (int64_t cached : {0, 50, 100})
    CHECK(cost_of(prices, {100, 40, cached}) <= highest_cost(prices, 100, 40));
}

TEST_CASE("money is printed with two digits that count") {
  CHECK(money_text(0, "USD") == "0.00 USD");
  CHECK(money_text(12'345'678'901, "USD") == "12.35 USD");
  CHECK(money_text(120'000'000, "EUR") == "0.12 EUR");
  CHECK(money_text(4'560'000, "USD") == "0.0046 USD");
  CHECK(money_text(to_billionths(2.5), "USD") == "2.50 USD");
}

}  // namespace
}  // namespace retort
