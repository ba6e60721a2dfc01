// What calls cost, in whole billionths of the run file's currency, so that sums are exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

// The share of the online price that batch APIs ask (OpenAI, Anthropic).
inline constexpr double kBatchShare = 0.5;

// Of a million tokens, in the currency; 0: free.
struct Prices {
  double in = 0;
  double cached_in = 0;  // input that the endpoint had in its cache; 0: as `in`
  double out = 0;
};

struct TokenUsage {
  int64_t tokens_in = 0, tokens_out = 0;
  int64_t tokens_cached = 0;  // of tokens_in
};

int64_t cost_of(const Prices& prices, const TokenUsage& usage);
// No request of so many bytes and tokens at most can cost more: a token is at least a byte.
int64_t highest_cost(const Prices& prices, size_t request_bytes, int64_t tokens_max);

int64_t to_billionths(double money);
// "1.23 USD"; small sums with as many digits as it takes to show two that count.
std::string money_text(int64_t billionths, std::string_view currency);

}  // namespace retort
