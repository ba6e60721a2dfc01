#include "pool/prefix_index.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/random.h"
#include "base/test.h"

namespace retort {
namespace {

using Ids = std::vector<uint32_t>;

// How many tokens both hold, repeats counted.
size_t overlap(Ids a, Ids b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  Ids both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both.size();
}

Ids random_ids(Random& random) {
  Ids ids(1 + random.below(12));
  for (uint32_t& id : ids) id = 1 + static_cast<uint32_t>(random.below(1 + random.below(40)));
  return ids;
}

struct Pool {
  std::vector<Ids> texts;
  PrefixIndex index{best_simd()};
  NeedTable needs{0.7};

  void count(const Ids& ids) {
    texts.push_back(ids);
    index.count(ids);
  }
  void index_all() {
    index.reorder();
    for (uint32_t row = 0; row < texts.size(); ++row)
      index.add(texts[row], row, texts[row].size() - needs.fewest(texts[row].size()) + 1);
  }
  std::set<uint32_t> candidates(const Ids& query) {
    std::set<uint32_t> rows;
    ElementSet set;
    index.make_set(query, set);
    const size_t known = set.rarest_first.size(), fewest = needs.fewest(query.size());
    std::vector<Posting> found;
    for (size_t k = 0; k + fewest <= known; ++k)
      index.candidates(set, k, needs.row(query.size(), 100), found);
    for (const Posting& posting : found) rows.insert(posting.row);
    return rows;
  }
};

TEST_CASE("no text that shares enough is missed, and few others are found") {
  Random random(7, "prefix");
  Pool pool;
  for (int i = 0; i < 400; ++i) pool.count(random_ids(random));
  pool.index_all();
  size_t enough = 0, found = 0;
  for (int i = 0; i < 400; ++i) {
    const Ids query = random_ids(random);
    const std::set<uint32_t> candidates = pool.candidates(query);
    found += candidates.size();
    for (uint32_t row = 0; row < pool.texts.size(); ++row) {
      const Ids& text = pool.texts[row];
      const size_t need = pool.needs.row(query.size(), 100).at(text.size());
      if (overlap(query, text) >= need) {
        ++enough;
        REQUIRE(candidates.contains(row));
      }
    }
  }
  CHECK(enough > 100);
  CHECK(found < 1'600);  // of 160,000 pairs, one found by several elements counted once
}

TEST_CASE("rare elements come first, those counted after the order before them") {
  PrefixIndex index(Simd::Plain);
  index.count(Ids{1, 2, 3});
  index.count(Ids{1, 2});
  index.count(Ids{1});
  index.reorder();
  index.count(Ids{4, 1, 1});
  ElementSet set;
  index.make_set(Ids{1, 2, 3, 4, 1, 9}, set);
  // Numbers are given in order of first appearance: 1, 2, 3, then 4 and the second 1; 9 has none.
  CHECK(set.rarest_first == std::vector<uint32_t>{4, 3, 2, 1, 0});
}

TEST_CASE("a text shorter than the query's needs is no candidate") {
  Pool pool;
  pool.count({1, 2});
  pool.count({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  pool.index_all();
  CHECK(pool.candidates({1, 2, 3, 4, 5, 6, 7, 8, 9, 11}) == std::set<uint32_t>{1});
}

}  // namespace
}  // namespace retort
