#include "pool/rouge.h"

#include <bit>

#include "base/random.h"
#include "base/test.h"
#include "pool/vocabulary.h"

namespace retort {
namespace {

using Ids = std::vector<uint32_t>;
using Strings = std::vector<std::string>;

size_t plain_lcs(const Ids& a, const Ids& b) {
  std::vector<std::vector<size_t>> table(a.size() + 1, std::vector<size_t>(b.size() + 1, 0));
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j)
      table[i][j] =
          a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
  return table[a.size()][b.size()];
}

Ids random_ids(Random& random, size_t length, uint64_t alphabet) {
  Ids ids(length);
  for (uint32_t& id : ids) id = static_cast<uint32_t>(random.below(alphabet));
  return ids;
}

double score(std::string_view old_text, std::string_view new_text) {
  Vocabulary vocabulary;
  Ids old_ids = vocabulary.ids(old_text);
  return rouge_l(old_ids, vocabulary.ids(new_text));
}

TEST_CASE("tokens are runs of ASCII letters and digits, lower-cased") {
  CHECK(rouge_tokens("Caf\u00E9 au lait, 2x") == Strings{"caf", "au", "lait", "2x"});
  CHECK(rouge_tokens("snake_case\tand-dashes\n") == Strings{"snake", "case", "and", "dashes"});
  CHECK(rouge_tokens("").empty());
  CHECK(rouge_tokens(" .,! \u4F60\u597D \u0416").empty());
}

TEST_CASE("the two foreign characters that Python lowers into ASCII letters count as those") {
  CHECK(rouge_tokens("\u212Aelvin 300\u212A") == Strings{"kelvin", "300k"});
  CHECK(rouge_tokens("\u0130stanbul D\u0130\u0130") == Strings{"i", "stanbul", "di", "i"});
  CHECK(rouge_tokens("\uFF2B \u0131 \u017F").empty());  // full-width K, dotless i, long s: not those
}

TEST_CASE("ill-formed bytes separate") {
  CHECK(rouge_tokens("a\xFF"
                     "b\xE2\x84"
                     "c\xC4") == Strings{"a", "b", "c"});
}

TEST_CASE("the bit-parallel LCS equals the plain table at every word boundary") {
  Random random(11, "lcs");
  for (size_t m : {0, 1, 2, 31, 63, 64, 65, 127, 128, 129, 200, 321})
    for (size_t n : {0, 1, 5, 64, 65, 130, 300})
      for (uint64_t alphabet : {1, 2, 5, 40}) {
        Ids a = random_ids(random, m, alphabet), b = random_ids(random, n, alphabet);
        REQUIRE(lcs_length(a, b) == plain_lcs(a, b));
      }
}

TEST_CASE("the bit-parallel LCS equals the plain table on random pairs") {
  Random random(12, "lcs");
  for (int i = 0; i < 5'000; ++i) {
    Ids a = random_ids(random, random.below(40), 1 + random.below(20));
    Ids b = random_ids(random, random.below(40), 1 + random.below(20));
    REQUIRE(lcs_length(a, b) == plain_lcs(a, b));
    REQUIRE(lcs_length(b, a) == lcs_length(a, b));
  }
}

TEST_CASE("long texts have exact LCS lengths") {
  Ids all_same(4'096, 7), shifted;
  CHECK(lcs_length(all_same, Ids(4'095, 7)) == 4'095);
  Ids counting(4'096);
  for (size_t i = 0; i < counting.size(); ++i) counting[i] = static_cast<uint32_t>(i);
  shifted.assign(counting.begin() + 1, counting.end());
  CHECK(lcs_length(counting, shifted) == 4'095);
  CHECK(lcs_length(counting, Ids(counting.rbegin(), counting.rend())) == 1);
}

TEST_CASE("ids need not be small") { CHECK(lcs_length({4'294'967'295u, 5, 1}, {4'294'967'295u, 1}) == 2); }

TEST_CASE("scores are rouge_score's to the bit") {
  // rouge_score 0.1.2, RougeScorer(["rougeL"]).score(...)["rougeL"].fmeasure.hex()
  CHECK(score("the cat sat on the mat", "the cat lay on a mat") == 0x1.5555555555555p-1);
  CHECK(rouge_l_from(7, 7, 13) == 0x1.6666666666667p-1);  // a tie at 0.7 that the formula puts above
  CHECK(rouge_l_from(7, 10, 10) == 0.7);
  CHECK(score("", "a") == 0);
  CHECK(score("a", "b") == 0);
}

TEST_CASE("of the 940 exact ties at 0.7 the double formula puts 434 above and 40 below") {
  int above = 0, equal = 0, below = 0;
  for (size_t m = 1; m <= 200; ++m)
    for (size_t n = 1; n <= 200; ++n)
      for (size_t lcs = 1; lcs <= std::min(m, n); ++lcs) {
        if (20 * lcs != 7 * (m + n)) continue;
        double f = rouge_l_from(lcs, m, n);
        ++(f > 0.7 ? above : f == 0.7 ? equal : below);
        CHECK((least_lcs(m, n, 0.7) <= lcs) == (f > 0.7));
        CHECK(std::bit_cast<uint64_t>(f) == std::bit_cast<uint64_t>(rouge_l_from(lcs, n, m)));
      }
  CHECK(above == 434);
  CHECK(equal == 466);
  CHECK(below == 40);
}

TEST_CASE("the least LCS is the first that passes the formula, at any threshold") {
  for (double threshold : {0.0, 0.1, 0.5, 0.7, 0.9, 0.999, 1.0})
    for (size_t m = 1; m <= 60; ++m)
      for (size_t n = 1; n <= 60; ++n) {
        size_t first = 0, most = std::min(m, n);
        while (first <= most && !(rouge_l_from(first, m, n) > threshold)) ++first;
        REQUIRE(least_lcs(m, n, threshold) == first);
      }
}

}  // namespace
}  // namespace retort
