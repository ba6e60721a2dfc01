#include "pool/lcs_lanes.h"

#include "base/random.h"
#include "base/test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

using Ids = std::vector<uint32_t>;
constexpr uint32_t kIds = 30;

Ids random_ids(Random& random, size_t length) {
  Ids ids(length);
  const uint64_t alphabet = 1 + random.below(kIds - 1);
  for (uint32_t& id : ids) id = 1 + static_cast<uint32_t>(random.below(alphabet));
  return ids;
}

void check_lengths(Simd simd, size_t m, size_t n, size_t text_count) {
  Random random(9, "lanes", m * 1'000'000 + n * 1'000 + text_count);
  TextBlocks texts(n);
  std::vector<Ids> each;
  for (uint32_t i = 0; i < text_count; ++i) {
    each.push_back(random_ids(random, n));
    texts.add(each.back(), i);
  }
  LcsLanes lanes(simd);
  lanes.assign(random_ids(random, 40), kIds);  // what was there before leaves nothing behind
  Ids pattern = random_ids(random, m);
  if (m > 2) pattern[1] = kNoToken;
  lanes.assign(pattern, kIds);
  std::vector<uint32_t> lengths(texts.block_count() * kLanes, 12345);
  lanes.lengths(texts, 0, texts.block_count(), lengths.data());
  for (size_t i = 0; i < text_count; ++i) REQUIRE(lengths[i] == lcs_length(each[i], pattern));
  for (size_t i = text_count; i < lengths.size(); ++i) REQUIRE(lengths[i] == 0);
}

void check_all(Simd simd) {
  for (size_t m : {1, 2, 7, 31, 32, 33, 63, 64, 65, 130})
    for (size_t n : {0, 1, 5, 33, 80})
      for (size_t count : {1, 16, 17, 100}) check_lengths(simd, m, n, count);
}

TEST_CASE("plain lanes have the LCS lengths of pairs one by one") { check_all(Simd::Plain); }

TEST_CASE("AVX-512 lanes have the LCS lengths of pairs one by one" *
          doctest::skip(best_simd() != Simd::Avx512)) {
  check_all(Simd::Avx512);
}

TEST_CASE("blocks can be asked for from any on") {
  TextBlocks texts(2);
  for (uint32_t i = 0; i < 40; ++i) texts.add(Ids{1 + i % 3, 5}, i);
  LcsLanes lanes(best_simd());
  lanes.assign(Ids{2, 5}, kIds);
  std::vector<uint32_t> lengths(2 * kLanes);
  lanes.lengths(texts, 1, 2, lengths.data());
  for (uint32_t i = 16; i < 40; ++i) CHECK(lengths[i - 16] == (i % 3 == 1 ? 2 : 1));
}

TEST_CASE("a text is read back from its block") {
  TextBlocks texts(3);
  for (uint32_t i = 0; i < 20; ++i) texts.add(Ids{i, i + 1, i + 2}, 100 + i);
  Ids tokens;
  texts.copy_tokens(17, tokens);
  CHECK(tokens == Ids{17, 18, 19});
  CHECK(texts.texts()[17] == 117);
}

}  // namespace
}  // namespace retort
