#include "practice/writer.h"

#include <set>

#include "base/test.h"

namespace retort::practice {
namespace {

TeacherOptions clean(const char* skew = "rare_is_hard") {
  TeacherOptions options;
  options.skew = skew;
  options.duplicate_share = options.junk_share = 0;
  return options;
}
std::vector<Item> one_of_each() {
  std::vector<Item> items;
  for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill)
    for (int level = 1; level <= kLevels; ++level) {
      Random random(5, "writer_test", items.size());
      items.push_back(make_item(skill, level, Share::Training, random));
    }
  return items;
}
Random draw(uint64_t index) { return Random(1, "draw", index); }

}  // namespace

TEST_CASE("hard writes another training item of the same skill and level") {
  Writer writer(clean());
  for (const Item& seed : one_of_each()) {
    for (uint64_t i = 0; i < 3; ++i) {
      std::string text = writer.write(seed.text, WriteMode::SameTask, draw(i));
      std::optional<Item> item = understand(text);
      CAPTURE(text);
      REQUIRE(item);
      CHECK(item->skill == seed.skill);
      CHECK(item->level == seed.level);
      CHECK_FALSE(item->held_out);
      CHECK(text != seed.text);
    }
  }
}

TEST_CASE("easy writes in the same domain, and rarer wherever something is rarer") {
  for (const char* skew : {"rare_is_hard", "rare_is_easy"}) {
    Writer writer(clean(skew));
    Skew parsed = *parse_skew(skew);
    int rarer = 0, seeds = 0;
    for (const Item& seed : one_of_each()) {
      std::optional<Item> item = understand(writer.write(seed.text, WriteMode::Rarer, draw(0)));
      REQUIRE(item);
      CHECK(skills()[static_cast<size_t>(item->skill)].domain ==
            skills()[static_cast<size_t>(seed.skill)].domain);
      CHECK_FALSE(item->held_out);
      double before = kind_weight(seed.skill, seed.level, parsed, 1);
      double after = kind_weight(item->skill, item->level, parsed, 1);
      CHECK(after <= before);
      rarer += after < before;
      ++seeds;
    }
    // Only the rarest kind of each domain has nothing rarer.
    std::set<std::string> domains;
    for (const Skill& skill : skills()) domains.insert(skill.domain);
    CHECK(rarer >= seeds - 2 * static_cast<int>(domains.size()));
  }
}

TEST_CASE("without a skew easy writes any kind of the domain") {
  Writer writer(clean("uniform"));
  Item seed = one_of_each().front();
  std::set<std::pair<int, int>> kinds;
  for (uint64_t i = 0; i < 400; ++i) {
    std::optional<Item> item = understand(writer.write(seed.text, WriteMode::Rarer, draw(i)));
    REQUIRE(item);
    kinds.insert({item->skill, item->level});
  }
  int wanted = 0;
  for (const Skill& skill : skills())
    wanted += skill.domain == skills()[static_cast<size_t>(seed.skill)].domain ? kLevels : 0;
  CHECK(static_cast<int>(kinds.size()) == wanted);
}

TEST_CASE("duplicates and junk come at their dialled rates") {
  TeacherOptions options;
  options.duplicate_share = 0.2;
  options.junk_share = 0.1;
  Writer writer(options);
  Item seed = one_of_each().front();
  const int n = 5000;
  int duplicates = 0, unknown = 0;
  std::string core = seed.text.substr(1);
  for (uint64_t i = 0; i < n; ++i) {
    std::string text = writer.write(seed.text, WriteMode::SameTask, draw(i));
    bool copy = text.find(core) != std::string::npos;
    duplicates += copy;
    unknown += !copy && !understand(text);
  }
  CHECK(duplicates == doctest::Approx(0.2 * n).epsilon(0.12));
  CHECK(unknown == doctest::Approx(0.1 * n).epsilon(0.18));
}

TEST_CASE("a seed of another world gets a sentence that names the word which Lion's first filter drops") {
  std::string text = Writer(clean()).write("Write a poem about the sea.", WriteMode::SameTask, draw(0));
  CHECK(text.find("instruction") != std::string::npos);
}

}  // namespace retort::practice
