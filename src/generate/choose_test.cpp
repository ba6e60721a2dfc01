#include "generate/choose.h"

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

TEST_CASE("each token takes one number of its stream") {
  Random random(7, "test"), other(7, "test");
  for (int i = 0; i < 5; ++i) draw_token(kLogits, {.temperature = 1.0, .top_k = 3, .top_p = 0.9}, random);
  for (int i = 0; i < 5; ++i) other.uniform();
  CHECK(random.next() == other.next());
}

}  // namespace
}  // namespace retort
