#include "base/format.h"
#include "base/random.h"
#include "base/test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

// Short texts over few words, half of them an edited earlier one, so that scores crowd around the threshold.
std::string random_text(Random& random, const std::vector<std::string>& earlier, size_t words_max) {
  auto word = [&] { return format("w{}", random.below(30)); };
  std::string text;
  if (earlier.empty() || random.chance(0.5)) {
    for (uint64_t i = 1 + random.below(words_max); i > 0; --i) text += word() + " ";
    return text;
  }
  for (const std::string& token : rouge_tokens(random.pick(earlier))) {
    if (random.chance(0.15)) continue;
    text += (random.chance(0.15) ? word() : token) + " ";
  }
  return text;
}

void check_against_every_pair(double threshold, size_t words_max, int rounds) {
  NoveltyPool pool(NoveltyOptions{.threshold = threshold, .refuse_identical_wordless = false});
  RougeVocabulary vocabulary;
  std::vector<std::vector<uint32_t>> entries;
  std::vector<std::string> texts;
  Random random(3, format("novelty/{}", words_max));
  int refused = 0;
  for (int i = 0; i < rounds; ++i) {
    std::string text = random_text(random, texts, words_max);
    std::vector<uint32_t> ids = vocabulary.ids(text);
    bool near = false;
    for (const auto& entry : entries) near = near || rouge_l(entry, ids) > threshold;
    REQUIRE(pool.is_near_duplicate(text) == near);
    refused += near;
    if (near && random.chance(0.9)) continue;
    pool.add(text);
    texts.push_back(text);
    entries.push_back(std::move(ids));
  }
  CHECK(refused > rounds / 20);
  CHECK(refused < rounds * 19 / 20);
  CHECK(pool.size() == entries.size());
}

TEST_CASE("the pool decides as if it scored every pair") {
  check_against_every_pair(0.7, 12, 600);
  check_against_every_pair(0.7, 40, 300);
  check_against_every_pair(0.7, 150, 150);
}

TEST_CASE("the pool decides as if it scored every pair, at other thresholds") {
  check_against_every_pair(0.3, 12, 300);
  check_against_every_pair(0.95, 12, 600);
}

TEST_CASE("a score of exactly the threshold is novel, one bit more is not") {
  NoveltyPool pool(0.7);
  pool.add("a b c d e f g x y z");
  CHECK(!pool.is_near_duplicate("a b c d e f g p q r"));  // 7 of 10 and 10: 0.7
  pool.add("h i j k l m n");
  CHECK(pool.is_near_duplicate("h i j k l m n 1 2 3 4 5 6"));  // 7 of 7 and 13: 0.7000000000000001
}

TEST_CASE("an empty pool refuses nothing") { CHECK(!NoveltyPool().is_near_duplicate("anything")); }

TEST_CASE("case and punctuation make no new text") {
  NoveltyPool pool;
  pool.add("Name three primary colours.");
  CHECK(pool.is_near_duplicate("name THREE primary colours?!"));
}

TEST_CASE("the same text without a ROUGE token is a duplicate, another one is not") {
  NoveltyPool pool;
  pool.add("\u4F60\u597D");
  CHECK(pool.is_near_duplicate("\u4F60\u597D"));
  CHECK(!pool.is_near_duplicate("\u4F60"));
  CHECK(!pool.is_near_duplicate("hello"));
}

TEST_CASE("the faithful pool lets copies without ROUGE tokens in, as rouge_score does") {
  NoveltyPool pool(NoveltyOptions{.refuse_identical_wordless = false});
  pool.add("\u4F60\u597D");
  CHECK(!pool.is_near_duplicate("\u4F60\u597D"));
}

TEST_CASE("a threshold of 1 turns the pool off, 0 refuses any shared word") {
  NoveltyPool off(1.0), strict(0.0);
  for (NoveltyPool* pool : {&off, &strict}) pool->add("one two three");
  CHECK(!off.is_near_duplicate("one two three"));
  CHECK(strict.is_near_duplicate("four five six one seven eight nine ten eleven"));
  CHECK(!strict.is_near_duplicate("four"));
}

TEST_CASE("repeated tokens count as often as they occur") {
  NoveltyPool pool;
  pool.add("no no no no no no");
  CHECK(!pool.is_near_duplicate("no yes maybe"));
  CHECK(pool.is_near_duplicate("no no no no no"));
}

}  // namespace
}  // namespace retort
