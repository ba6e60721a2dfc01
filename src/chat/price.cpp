#include "chat/price.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"

namespace retort {
namespace {

constexpr double kBillion = 1e9;
constexpr double kPerToken = kBillion / 1e6;  // billionths a token, for a price by the million

}  // namespace

int64_t cost_of(const Prices& prices, const TokenUsage& usage) {
  const int64_t cached = std::clamp<int64_t>(usage.tokens_cached, 0, usage.tokens_in);
  const double cached_price = prices.cached_in > 0 ? prices.cached_in : prices.in;
  const double sum = static_cast<double>(usage.tokens_in - cached) * prices.in +
                     static_cast<double>(cached) * cached_price +
                     static_cast<double>(usage.tokens_out) * prices.out;
  // Rounded first: 0.1 * 3 is a hair above 0.3, which is no reason to ask for another billionth.
  return static_cast<int64_t>(std::ceil(std::round(sum * kPerToken * 1e3) / 1e3));
}

int64_t highest_cost(const Prices& prices, size_t request_bytes, int64_t tokens_max) {
  return cost_of({std::max(prices.in, prices.cached_in), 0, prices.out},
                 {static_cast<int64_t>(request_bytes), tokens_max, 0});
}

int64_t to_billionths(double money) { return std::llround(money * kBillion); }

std::string money_text(int64_t billionths, std::string_view currency) {
  const double money = static_cast<double>(billionths) / kBillion;
  int digits = 2;
  for (double size = std::abs(money); size > 0 && size < 0.1 && digits < 9; size *= 10) ++digits;
  return format("{:.{}f} {}", money, digits, currency);
}

}  // namespace retort
