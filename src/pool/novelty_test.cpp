#include "pool/novelty.h"
#include "base/format.h"
#include "base/random.h"
#include "base/test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

// Texts over so many words, half of them an edited earlier one, so that scores crowd around the threshold.
struct Shape {
  double threshold = 0.7;
  size_t words_max = 12;
  uint64_t alphabet = 30;  // few words: postings so many that all texts are aligned; many: the prefix filter
  int rounds = 600;
};

std::string random_text(Random& random, const std::vector<std::string>& earlier, const Shape& shape) {
  auto word = [&] { return format("w{}", random.below(1 + random.below(shape.alphabet))); };
  std::string text;
  if (earlier.empty() || random.chance(0.5)) {
    for (uint64_t i = 1 + random.below(shape.words_max); i > 0; --i) text += word() + " ";
    return text;
  }
  for (const std::string& token : rouge_tokens(random.pick(earlier))) {
    if (random.chance(0.15)) continue;
    text += (random.chance(0.15) ? word() : token) + " ";
  }
  return text;
}

void check_against_every_pair(const Shape& shape) {
  const NoveltyOptions options{.threshold = shape.threshold, .refuse_identical_wordless = false};
  NoveltyOptions plain = options;
  plain.simd = Simd::Plain;
  NoveltyIndex index(options), plain_index(plain);
  Vocabulary vocabulary;
  std::vector<std::vector<uint32_t>> entries;
  std::vector<std::string> texts;
  Random random(3, format("novelty/{}/{}", shape.words_max, shape.alphabet));
  int refused = 0;
  for (int i = 0; i < shape.rounds; ++i) {
    std::string text = random_text(random, texts, shape);
    std::vector<uint32_t> ids = vocabulary.ids(text);
    bool near = false;
    for (const auto& entry : entries) near = near || rouge_l(entry, ids) > shape.threshold;
    REQUIRE(index.is_near_duplicate(text) == near);
    REQUIRE(plain_index.is_near_duplicate(text) == near);
    refused += near;
    if (near && random.chance(0.9)) continue;
    index.add(text);
    plain_index.add(text);
    texts.push_back(text);
    entries.push_back(std::move(ids));
  }
  CHECK(refused > shape.rounds / 20);
  CHECK(refused < shape.rounds * 99 / 100);
  CHECK(index.size() == entries.size());
}

TEST_CASE("the index decides as if it scored every pair") {
  for (uint64_t alphabet : {30, 3'000}) {
    check_against_every_pair({.words_max = 12, .alphabet = alphabet, .rounds = 600});
    check_against_every_pair({.words_max = 40, .alphabet = alphabet, .rounds = 300});
    check_against_every_pair({.words_max = 150, .alphabet = alphabet, .rounds = 150});
  }
}

TEST_CASE("the index decides as if it scored every pair, at other thresholds") {
  for (uint64_t alphabet : {30, 3'000}) {
    check_against_every_pair({.threshold = 0.3, .alphabet = alphabet, .rounds = 300});
    check_against_every_pair({.threshold = 0.95, .alphabet = alphabet, .rounds = 600});
  }
}

TEST_CASE("a score of exactly the threshold is novel, one bit more is not") {
  NoveltyIndex pool(0.7);
  pool.add("a b c d e f g x y z");
  CHECK(!pool.is_near_duplicate("a b c d e f g p q r"));  // 7 of 10 and 10: 0.7
  pool.add("h i j k l m n");
  CHECK(pool.is_near_duplicate("h i j k l m n 1 2 3 4 5 6"));  // 7 of 7 and 13: 0.7000000000000001
}

std::string words(size_t first, size_t count) {
  std::string text;
  for (size_t i = first; i < first + count; ++i) text += format("w{} ", i);
  return text;
}

TEST_CASE("texts longer than the prefix filter holds are compared all the same") {
  NoveltyIndex index;
  index.add(words(0, 70'000));
  index.add("something else");
  CHECK(index.is_near_duplicate(words(10'000, 65'000)));
  CHECK(index.is_near_duplicate(words(20'000, 50'000)));
  CHECK(!index.is_near_duplicate(words(50'000, 70'000)));
  CHECK(!index.is_near_duplicate(words(0, 37'000)));
  CHECK(index.is_near_duplicate("something else!"));
}

TEST_CASE("many texts with the same beginning, and one word each of their own, are told apart") {
  NoveltyIndex index;
  const auto text = [](int i) { return format("what is the x{} y{} of z{} and u{}", i, i, i, i); };
  for (int i = 0; i < 2'000; ++i) {
    REQUIRE(!index.is_near_duplicate(text(i)));
    index.add(text(i));
  }
  CHECK(index.is_near_duplicate("what is the x7 y7 of z7 and v"));
}

TEST_CASE("with Unicode's words other scripts have near duplicates too") {
  const std::string old_text = "Расскажи о погоде в Москве", new_text = old_text + " завтра";
  NoveltyIndex rouge, unicode({.tokens = TokenRule::Unicode});
  rouge.add(old_text);
  unicode.add(old_text);
  CHECK(!rouge.is_near_duplicate(new_text));
  CHECK(unicode.is_near_duplicate(new_text));
  CHECK(!unicode.is_near_duplicate("Расскажи сказку"));
}

TEST_CASE("an empty index refuses nothing") { CHECK(!NoveltyIndex().is_near_duplicate("anything")); }

TEST_CASE("case and punctuation make no new text") {
  NoveltyIndex pool;
  pool.add("Name three primary colours.");
  CHECK(pool.is_near_duplicate("name THREE primary colours?!"));
}

TEST_CASE("the same text without a ROUGE token is a duplicate, another one is not") {
  NoveltyIndex pool;
  pool.add("\u4F60\u597D");
  CHECK(pool.is_near_duplicate("\u4F60\u597D"));
  CHECK(!pool.is_near_duplicate("\u4F60"));
  CHECK(!pool.is_near_duplicate("hello"));
}

TEST_CASE("the faithful index lets copies without ROUGE tokens in, as rouge_score does") {
  NoveltyIndex pool(NoveltyOptions{.refuse_identical_wordless = false});
  pool.add("\u4F60\u597D");
  CHECK(!pool.is_near_duplicate("\u4F60\u597D"));
}

TEST_CASE("a threshold of 1 turns the index off, 0 refuses any shared word") {
  NoveltyIndex off(1.0), strict(0.0);
  for (NoveltyIndex* pool : {&off, &strict}) pool->add("one two three");
  CHECK(!off.is_near_duplicate("one two three"));
  CHECK(strict.is_near_duplicate("four five six one seven eight nine ten eleven"));
  CHECK(!strict.is_near_duplicate("four"));
}

TEST_CASE("repeated tokens count as often as they occur") {
  NoveltyIndex pool;
  pool.add("no no no no no no");
  CHECK(!pool.is_near_duplicate("no yes maybe"));
  CHECK(pool.is_near_duplicate("no no no no no"));
}

}  // namespace
}  // namespace retort
