// The index against all pairs on a long stream of real sentences: 5,000 candidates, with RETORT_LONG=1
// 150,000.
#include <cstdio>
#include <cstdlib>

#include "base/test.h"
#include "pool/novelty.h"
#include "pool/novelty_stream_for_test.h"
#include "pool/rouge.h"

namespace retort {
namespace {

bool rows_are_missing() {
  if (std::filesystem::exists(NoveltyStream::kRows)) return false;
  std::printf("SKIP novelty stream: %s is not there\n", NoveltyStream::kRows);
  return true;
}

// The yardstick: every pair's LCS by itself, and the double formula.
class EveryPair {
 public:
  bool is_near_duplicate(const std::string& text) {
    const std::vector<uint32_t> ids = vocabulary_.ids(text);
    pattern_.assign(ids);
    for (const auto& old_ids : texts_)
      if (rouge_l_from(pattern_.length_with(old_ids), old_ids.size(), ids.size()) > 0.7) return true;
    return false;
  }
  void add(const std::string& text) { texts_.push_back(vocabulary_.ids(text)); }

 private:
  Vocabulary vocabulary_;
  LcsPattern pattern_;
  std::vector<std::vector<uint32_t>> texts_;
};

void print_end(uint64_t count, uint64_t refused) {
  std::printf("novelty stream: %llu candidates, %llu refused, 0 decisions differ\n",
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(refused));
}

TEST_CASE("on a stream of real sentences the index accepts exactly what all pairs accept" *
          doctest::skip(rows_are_missing())) {
  const bool is_long = std::getenv("RETORT_LONG") != nullptr;
  const uint64_t count = is_long ? 150'000 : 5'000, one_by_one = is_long ? 25 : 1;
  const NoveltyStream stream(NoveltyStream::kRows);
  NoveltyIndex index({.refuse_identical_wordless = false});  // as the reference: an edit may leave no word
  EveryPair every_pair;
  uint64_t refused = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string text = stream.candidate(i);
    const bool near = index.is_near_duplicate(text);
    const Similarity similarity = index.similarity(text, 1);
    REQUIRE_MESSAGE(near == (!similarity.nearest.empty() && similarity.nearest[0].score > 0.7), text);
    if (i % one_by_one == 0) REQUIRE_MESSAGE(near == every_pair.is_near_duplicate(text), text);
    refused += near;
    if (near) continue;
    every_pair.add(text);
    index.add(text);
  }
  print_end(count, refused);
  CHECK(refused > count / 20);
  CHECK(refused < count / 2);
}

}  // namespace
}  // namespace retort
