#include "pool/nearest.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/random.h"
#include "base/test.h"
#include "pool/novelty.h"
#include "pool/rouge.h"

namespace retort {
namespace {

// As Lion's scripts do it: every score, sorted, and their mean.
Similarity every_pair(const std::vector<std::string>& texts, const std::string& text, size_t count) {
  Vocabulary vocabulary;
  const std::vector<uint32_t> ids = vocabulary.ids(text);
  Similarity all;
  for (size_t i = 0; i < texts.size(); ++i)
    all.nearest.push_back({i, rouge_l(vocabulary.ids(texts[i]), ids)});
  for (const NearText& near : all.nearest) all.mean += near.score / static_cast<double>(texts.size());
  std::stable_sort(all.nearest.begin(), all.nearest.end(),
                   [](const NearText& a, const NearText& b) { return a.score > b.score; });
  all.nearest.resize(std::min(count, all.nearest.size()));
  return all;
}

std::string random_text(Random& random, size_t words_max) {
  std::string text;
  for (uint64_t i = random.below(words_max + 1); i > 0; --i) text += format("w{} ", random.below(25));
  return text;
}

void check_similarity(Simd simd, size_t words_max) {
  Random random(4, "similarity", words_max);
  NoveltyIndex index({.simd = simd});
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_text(random, words_max);
    const Similarity all = every_pair(texts, text, 10), found = index.similarity(text);
    REQUIRE(found.nearest == all.nearest);  // scores to the bit, ties in order of addition
    REQUIRE(std::abs(found.mean - all.mean) < 1e-12);
    index.add(text);
    texts.push_back(text);
  }
}

TEST_CASE("the nearest ten and the mean are those of scoring and sorting every pair") {
  check_similarity(Simd::Plain, 12);
  check_similarity(Simd::Plain, 90);
}

TEST_CASE("the nearest ten and the mean are the same with AVX-512" *
          doctest::skip(best_simd() != Simd::Avx512)) {
  check_similarity(Simd::Avx512, 12);
  check_similarity(Simd::Avx512, 90);
}

TEST_CASE("fewer texts than asked for are all near") {
  NoveltyIndex index;
  index.add("a b c d");
  index.add("...");
  const Similarity similarity = index.similarity("a b c e");
  CHECK(similarity.nearest == std::vector<NearText>{{0, 0.75}, {1, 0}});
  CHECK(similarity.mean == 0.375);
  CHECK(NoveltyIndex().similarity("a").nearest.empty());
  CHECK(NoveltyIndex().similarity("a").mean == 0);
}

TEST_CASE("none can be asked for") {
  NoveltyIndex index;
  index.add("a b c d");
  CHECK(index.similarity("a b c e", 0).nearest.empty());
  CHECK(index.similarity("a b c e", 0).mean == 0.75);
}

}  // namespace
}  // namespace retort
