#include "pool/posting_filter.h"

#include "base/random.h"
#include "base/test.h"
#include "pool/simd.h"

namespace retort {
namespace {

Posting random_posting(Random& random, uint32_t row) {
  const auto length = static_cast<uint16_t>(random.chance(0.02) ? 60'000 : 1 + random.below(40));
  const uint64_t few_bits = random.next() & random.next();
  return {row, length, static_cast<uint16_t>(random.below(length)), few_bits};
}

TEST_CASE("AVX-512 leaves the postings that the plain filter leaves" *
          doctest::skip(best_simd() != Simd::Avx512)) {
  Random random(6, "postings");
  size_t read = 0, left = 0;
  for (int i = 0; i < 2'000; ++i) {
    NeedTable needs(random.chance(0.5) ? 0.7 : 0.2);
    std::vector<Posting> postings(random.below(40));
    for (size_t row = 0; row < postings.size(); ++row)
      postings[row] = random_posting(random, static_cast<uint32_t>(row));
    const size_t tokens = 1 + random.below(40), known = 1 + random.below(tokens);
    const PostingQuery query{needs.row(tokens, 65'535), known, random.below(known), random.next()};
    std::vector<Posting> plain, fast;
    filter_postings_plain(postings, query, plain);
    filter_postings_avx512(postings, query, fast);
    REQUIRE(fast == plain);
    read += postings.size();
    left += plain.size();
  }
  CHECK(left > read / 200);
  CHECK(left < read / 2);
}

TEST_CASE("each bound rules a posting out, and none that meets them all") {
  NeedTable needs(0.7);
  // Ten tokens each: eight must be shared.
  const auto passes = [&](const Posting& posting, size_t known, size_t k) {
    std::vector<Posting> found;
    filter_postings_plain(std::span(&posting, 1), {needs.row(10, 100), known, k, 0b11'1111'1111}, found);
    return !found.empty();
  };
  const uint64_t same = 0b11'1111'1111, two_missing = 0b1111'1111, two_more = 0b1111'1111'1111;
  CHECK(passes({0, 10, 2, same}, 10, 2));
  CHECK(!passes({0, 10, 3, same}, 10, 2));  // seven are left behind the position
  CHECK(!passes({0, 10, 2, same}, 10, 3));  // seven are left behind k
  CHECK(!passes({0, 10, 0, same}, 7, 0));   // only seven are in any text
  CHECK(!passes({0, 30, 0, same}, 10, 0));  // too long
  CHECK(passes({0, 10, 0, two_missing}, 10, 0));
  CHECK(!passes({0, 10, 0, two_missing}, 9, 0));
  CHECK(passes({0, 10, 0, two_more}, 10, 0));
  CHECK(!passes({0, 10, 0, two_more | 1 << 20}, 10, 0));
}

}  // namespace
}  // namespace retort
