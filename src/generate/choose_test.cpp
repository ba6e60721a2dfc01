#include "generate/choose.h"

#include <algorithm>
#include <cmath>

#include "base/test.h"

namespace retort {
namespace {

// How often each token is drawn, as a share of `draws`.
std::vector<double> shares(const std::vector<float>& logits, const ChoiceOptions& options,
                           int draws = 20'000) {
  std::vector<double> share(logits.size());
  Random random(7, "test");
  for (int i = 0; i < draws; ++i)
    share[static_cast<size_t>(draw_token(logits, options, random))] += 1.0 / draws;
  return share;
}

const std::vector<float> kLogits = {0.0f, std::log(3.0f), std::log(4.0f), std::log(2.0f)};  // 10 in all

TEST_CASE("tokens are drawn in proportion to their probabilities") {
  std::vector<double> share = shares(kLogits, {.temperature = 1.0});
  const double wanted[] = {0.1, 0.3, 0.4, 0.2};
  for (size_t i = 0; i < 4; ++i) CHECK(std::abs(share[i] - wanted[i]) < 0.015);
}

TEST_CASE("a temperature of a half squares the odds") {
  std::vector<double> share = shares(kLogits, {.temperature = 0.5});
  CHECK(std::abs(share[2] / share[1] - 16.0 / 9.0) < 0.1);
}

TEST_CASE("top-k keeps the k likeliest and what equals the k-th") {
  std::vector<double> share = shares(kLogits, {.temperature = 1.0, .top_k = 2});
  CHECK(share[0] == 0);
  CHECK(share[3] == 0);
  CHECK(std::abs(share[2] - 4.0 / 7.0) < 0.015);
  share = shares({1.0f, 2.0f, 1.0f}, {.temperature = 1.0, .top_k = 2});
  CHECK(share[0] > 0);
  CHECK(share[2] > 0);
}

TEST_CASE("top-p keeps the fewest tokens whose share reaches p") {
  std::vector<double> share = shares(kLogits, {.temperature = 1.0, .top_p = 0.65});
  CHECK(share[0] == 0);
  CHECK(share[3] == 0);
  share = shares(kLogits, {.temperature = 1.0, .top_p = 0.0});
  CHECK(share[2] == doctest::Approx(1.0));
}

TEST_CASE("min-p keeps what is at least that share of the likeliest") {
  std::vector<double> share = shares(kLogits, {.temperature = 1.0, .min_p = 0.6});
  CHECK(share[0] == 0);
  CHECK(share[3] == 0);
  CHECK(std::abs(share[1] - 3.0 / 7.0) < 0.015);
  // After the temperature: at 2 the odds are square roots, and 2 is more than 0.6 of 4.
  CHECK(shares(kLogits, {.temperature = 2.0, .min_p = 0.6})[3] > 0);
  CHECK(shares(kLogits, {.temperature = 1.0, .top_k = 3, .min_p = 0.6})[3] == 0);
}

// Logits of a large vocabulary, which no block or vector divides.
std::vector<float> many_logits(size_t count) {
  std::vector<float> logits;
  Random random(3, "logits");
  for (size_t i = 0; i < count; ++i) logits.push_back(static_cast<float>(4 * random.normal()));
  return logits;
}

TEST_CASE("over a large vocabulary every limit keeps exactly what sorting would keep") {
  const std::vector<float> logits = many_logits(1'003);
  std::vector<size_t> order(logits.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  double total = 0, sum = 0;
  for (float logit : logits) total += std::exp(logit);
  size_t nucleus = 0;
  while (sum < 0.7 * total) sum += std::exp(logits[order[nucleus++]]);
  auto check_kept = [&](const ChoiceOptions& options, size_t kept) {
    std::vector<double> share = shares(logits, options, 40'000);
    for (size_t i = kept; i < order.size(); ++i) CHECK(share[order[i]] == 0);
    CHECK(share[order[kept - 1]] > 0);
  };
  check_kept({.temperature = 1.0, .top_k = 5}, 5);
  check_kept({.temperature = 1.0, .top_k = 40}, 40);
  check_kept({.temperature = 1.0, .top_p = 0.7}, nucleus);
  CHECK(likeliest_token(logits) == static_cast<int32_t>(order[0]));
  std::vector<LikelyToken> likely = likeliest_tokens(logits, 7, log_sum_exp(logits));
  CHECK(log_sum_exp(logits) == doctest::Approx(std::log(total)).epsilon(1e-6));
  REQUIRE(likely.size() == 7);
  for (size_t i = 0; i < 7; ++i) {
    CHECK(likely[i].id == static_cast<int32_t>(order[i]));
    CHECK(likely[i].log_probability == doctest::Approx(logits[order[i]] - std::log(total)).epsilon(1e-5));
  }
}

TEST_CASE("without limits a large vocabulary is drawn in proportion") {
  std::vector<float> logits = many_logits(203);
  double total = 0;
  for (float logit : logits) total += std::exp(logit);
  std::vector<double> share = shares(logits, {.temperature = 1.0}, 40'000);
  for (size_t i = 0; i < logits.size(); ++i) CHECK(std::abs(share[i] - std::exp(logits[i]) / total) < 0.012);
}

TEST_CASE("of equal logits the smallest id is the likeliest, and minus infinity is never drawn") {
  CHECK(likeliest_token(std::vector<float>{1, 3, 2, 3}) == 1);
  std::vector<double> share = shares({-INFINITY, 0, -INFINITY, 0}, {.temperature = 1.0}, 2'000);
  CHECK(share[0] + share[2] == 0);
}

TEST_CASE("the repetition penalty divides what is positive and multiplies what is negative") {
  std::vector<float> logits = {2, -2, 3, 0};
  penalize_tokens(logits, std::vector<int32_t>{0, 1}, 2);
  CHECK(logits == std::vector<float>{1, -4, 3, 0});
}

TEST_CASE("each token takes one number of its stream") {
  Random random(7, "test"), other(7, "test");
  for (int i = 0; i < 5; ++i) draw_token(kLogits, {.temperature = 1.0, .top_k = 3, .top_p = 0.9}, random);
  for (int i = 0; i < 5; ++i) other.uniform();
  CHECK(random.next() == other.next());
}

}  // namespace
}  // namespace retort
