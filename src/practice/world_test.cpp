// The world: every item is understood as what it is, levels and shares hold, hostile text does no harm.
#include "practice/world.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/test.h"
#include "practice/skill.h"
#include "practice/wording.h"

namespace retort::practice {
namespace {

// Calls f(skill, level) for every kind.
template <class F>
void for_each_kind(F&& f) {
  for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
    for (int level = 1; level <= kLevels; ++level) f(skill, level);
  }
}

TEST_CASE("there are at least 35 skills over six domains, and names are unique") {
  std::set<std::string> names, domains;
  for (const Skill& skill : skills()) {
    names.insert(skill.name);
    domains.insert(skill.domain);
  }
  CHECK(names.size() == skills().size());
  CHECK(names.size() >= 35);
  CHECK(domains.size() >= 6);
}

TEST_CASE("understanding an item's text gives back the item") {
  for_each_kind([](int skill, int level) {
    Random random(11, "understand/" + kind_name(skill, level));
    for (int i = 0; i < 200; ++i) {
      const Item item = make_item(skill, level, i % 2 == 0 ? Share::Training : Share::HeldOut, random);
      CAPTURE(item.text);
      const std::optional<Item> read = understand(" " + item.text + "\n");
      REQUIRE(read.has_value());
      CHECK(read->text == item.text);
      CHECK(read->answer == item.answer);
      CHECK(read->explanation == item.explanation);
      CHECK(kind_name(read->skill, read->level) == kind_name(skill, level));
      CHECK(read->wording == item.wording);
      CHECK(read->held_out == item.held_out);
      CHECK(read->held_out == (i % 2 == 1));
    }
  });
}

TEST_CASE("no text of one skill is also a text of another") {
  for_each_kind([](int skill, int level) {
    Random random(12, "ambiguous/" + kind_name(skill, level));
    for (int i = 0; i < 40; ++i) {
      const Item item = make_item(skill, level, Share::Training, random);
      const auto words = split_words(item.text);
      for (size_t other = 0; other < skills().size(); ++other) {
        for (int wording = 0; wording < 4; ++wording) {
          const auto operands = wording_table().at(static_cast<int>(other), wording).match(words);
          const bool reads = operands && rules()[other].solve(*operands);
          CAPTURE(item.text);
          CHECK(reads == (static_cast<int>(other) == skill && wording == item.wording));
        }
      }
    }
  });
}

TEST_CASE("every item passes the filters that the generator's texts must pass") {
  for_each_kind([](int skill, int level) {
    Random random(13, "filters/" + kind_name(skill, level));
    for (int i = 0; i < 40; ++i) {
      const Item item = make_item(skill, level, Share::Training, random);
      CAPTURE(item.text);
      CHECK(item.text.find("nstruction") == std::string::npos);
      CHECK(split_words(item.text).size() >= 4);
      CHECK(std::isalpha(static_cast<unsigned char>(item.text.front())));
      CHECK(item.text.size() <= 80);
      CHECK(!item.answer.empty());
      CHECK(item.answer.size() <= 42);
      CHECK(item.explanation.find(item.answer) != std::string::npos);
    }
  });
}

TEST_CASE("every kind has at least 250 operands to learn from") {
  for_each_kind([](int skill, int level) {
    Random random(14, "operands/" + kind_name(skill, level));
    std::set<std::string> seen;
    for (int i = 0; i < 20'000 && seen.size() < 250; ++i) {
      const Operands operands = draw_operands(skill, level, Share::Training, random);
      seen.insert(join(operands.scalars) + "|" + join(operands.list));
    }
    CAPTURE(kind_name(skill, level));
    CHECK(seen.size() >= 250);
  });
}

TEST_CASE("about 15 % of the operands are held out") {
  Random random(15, "share");
  int held_out = 0;
  for (int i = 0; i < 4'000; ++i) {
    const int skill = static_cast<int>(random.below(skills().size()));
    Random own(16, "share", static_cast<uint64_t>(i));
    const Operands operands = rules()[static_cast<size_t>(skill)].draw(2, own);
    const std::string text = wording_table().at(skill, 0).render(operands);
    held_out += understand(text)->held_out ? 1 : 0;
  }
  CHECK(held_out > 4'000 * 0.13);
  CHECK(held_out < 4'000 * 0.17);
}

TEST_CASE("no answer of a choice is so common that guessing pays") {
  for_each_kind([](int skill, int level) {
    if (rules()[static_cast<size_t>(skill)].form != AnswerForm::Choice) return;
    Random random(17, "choice/" + kind_name(skill, level));
    std::map<std::string, int> counts;
    for (int i = 0; i < 1'000; ++i) ++counts[make_item(skill, level, Share::Training, random).answer];
    CAPTURE(kind_name(skill, level));
    for (const auto& [answer, count] : counts) CHECK(count <= 700);
  });
}

TEST_CASE("known items have known answers") {
  const std::map<std::string, std::string> answers = {
      {"Add 12 , 30 .", "42"},
      {"Compute 30 - 12 .", "18"},
      {"Product : 7 , 8 .", "56"},
      {"Largest of 12 99 45 ?", "99"},
      {"Minimum : 12 99 45 .", "12"},
      {"Parity of 313 + 101 ?", "even"},
      {"Compare 12 , 30 .", "less"},
      {"Roman for 1994 ?", "MCMXCIV"},
      {"Next : 3 6 9 12 ?", "15"},
      {"Next : 100 97 94 91 ?", "88"},
      {"Next : 3 15 27 39 ?", "51"},
      {"Sort 41 12 30 .", "12 30 41"},
      {"Reverse list : dog gold tree .", "tree gold dog"},
      {"First of dog gold tree key ?", "dog"},
      {"Tail of dog gold ?", "gold"},
      {"How many : dog gold tree key ?", "4"},
      {"Is gold in dog gold tree ?", "yes"},
      {"Does dog gold tree hold key ?", "no"},
      {"Capitalise : zubak .", "ZUBAK"},
      {"Spell zubak backwards .", "kabuz"},
      {"First letter : zuba pimo ?", "z p"},
      {"Back of zuba pim ?", "a m"},
      {"Length of zubak ?", "5"},
      {"Count b : zubabe ?", "2"},
      {"Plural of rudy ?", "rudies"},
      {"One mafosh , several ?", "mafoshes"},
      {"Replace b by t in zubab .", "zutat"},
      {"Alphabet first : pimo dok ?", "dok"},
      {"Letters after fz ?", "ga"},
      {"Who is 12 : Mia 7 , Ben 12 ?", "Ben"},
      {"Age of Mia : Mia 7 , Ben 12 ?", "7"},
      {"Where is Ben : Mia Rome , Ben Oslo ?", "Oslo"},
      {"Weekday : Monday + 10 ?", "Thursday"},
      {"Month : March - 4 ?", "November"},
      {"Clock 23:45 + 30 ?", "00:15"},
      {"Convert 3m20cm : centimetres .", "320"},
      {"Check : not 12 < 30 and 5 > 2 .", "false"},
      {"Same : zubak , zubak ?", "yes"},
      {"If 12 > 17 say dog else cat .", "cat"},
      {"Run q = 12 ; w = 47 ; r = q ; print r .", "12"},
      {"Index zubaki [ -2 ] .", "k"},
  };
  for (const auto& [text, answer] : answers) {
    CAPTURE(text);
    const std::optional<Item> item = understand(text);
    REQUIRE(item.has_value());
    CHECK(item->answer == answer);
    CHECK(credit(*item, answer) == 1.0);
  }
}

TEST_CASE("a text outside the world is not understood") {
  for (std::string_view text : {"", " ", "Add", "Add .", "Add 12 , 30", "Add 12 , 030 .", "Add -12 , 30 .",
                                "Add 12 , 99999999999999999999 .", "Tell me a story about a fox .",
                                "Who is 12 : Mia 12 , Ben 12 ?", "Clock 25:10 + 30 ?", "{*}", "Sort {*} .",
                                "Convert : : .", "Convert 3m100cm : centimetres .", "Run ; print q ."}) {
    CAPTURE(text);
    CHECK(!understand(text));
  }
  CHECK(!understand(std::string(1 << 20, 'A')));
  CHECK(!understand("Sort" + std::string(150, ' ') + std::string(1, '\0') + "\xff ."));
}

TEST_CASE("a damaged text is understood as another item or not at all, never with harm") {
  Random random(18, "hostile");
  for (int i = 0; i < 30'000; ++i) {
    const int skill = static_cast<int>(random.below(skills().size()));
    std::string text = make_item(skill, 1 + static_cast<int>(random.below(3)), Share::Training, random).text;
    for (uint64_t damage = 1 + random.below(3); damage > 0; --damage) {
      const size_t at = random.below(text.size());
      switch (random.below(3)) {
        case 0:
          text[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          text.erase(at, 1 + random.below(4));
          break;
        default:
          text.insert(at, 1, " 9-a:"[random.below(5)]);
          break;
      }
      if (text.empty()) text = " ";
    }
    const std::optional<Item> item = understand(text);
    if (item) {
      CAPTURE(text);
      CHECK(understand(item->text)->answer == item->answer);
    }
  }
}

TEST_CASE("credit is 1 for the exact answer, less for a near one and 0 for none") {
  const auto credit_of = [](std::string_view text, std::string_view answer) {
    return credit(*understand(text), answer);
  };
  CHECK(credit_of("Add 12 , 30 .", " 42\n") == 1.0);
  CHECK(credit_of("Add 12 , 30 .", "43") > credit_of("Add 12 , 30 .", "60"));
  CHECK(credit_of("Add 12 , 30 .", "43") < 1.0);
  CHECK(credit_of("Add 12 , 30 .", "") == 0.0);
  CHECK(credit_of("Add 12 , 30 .", "dog") == 0.0);
  CHECK(credit_of("Spell zubak backwards .", "kabus") > 0.5);
  CHECK(credit_of("Spell zubak backwards .", "mole") == 0.0);
  CHECK(credit_of("Sort 41 12 30 .", "12 41 30") > 0.2);
  CHECK(credit_of("Sort 41 12 30 .", "12 30 41 41") < 0.8);
  CHECK(credit_of("Check : 12 < 30 .", "false") < 0.3);
  CHECK(credit_of("Check : 12 < 30 .", "banana") == 0.0);
  CHECK(credit_of("Add 12 , 30 .", std::string(100'000, '4')) == 0.0);
}

TEST_CASE("a seed pool is distinct, skewed as asked and the same for the same seed") {
  const auto pool = seed_pool(2'000, Skew::RareIsHard, 7);
  std::set<std::string> texts;
  std::array<int, kLevels + 1> by_level{};
  std::map<int, int> by_skill;
  for (const Item& item : pool) {
    texts.insert(item.text);
    CHECK(!item.held_out);
    ++by_level[static_cast<size_t>(item.level)];
    ++by_skill[item.skill];
  }
  CHECK(texts.size() == 2'000);
  CHECK(by_level[1] > 1'000);
  CHECK(by_level[3] < 400);
  int most = 0;
  for (const auto& [skill, count] : by_skill) most = std::max(most, count);
  CHECK(most > 350);  // Zipf over 37 skills gives the first one 24 %
  CHECK(seed_pool(2'000, Skew::RareIsHard, 7).back().text == pool.back().text);
  CHECK(seed_pool(2'000, Skew::RareIsHard, 8).back().text != pool.back().text);
}

TEST_CASE("where rare means easy, what the base cannot do leads the pool") {
  double strange = 0, all = 0;
  for_each_kind([&](int skill, int level) {
    const double weight = kind_weight(skill, level, Skew::RareIsEasy, 3);
    all += weight;
    if (!skills()[static_cast<size_t>(skill)].in_base) strange += weight;
    CHECK(kind_weight(skill, level, Skew::Uniform, 3) == 1.0);
  });
  CHECK(strange > 0.5 * all);
  CHECK(kind_weight(0, 3, Skew::RareIsEasy, 3) > kind_weight(0, 1, Skew::RareIsEasy, 3));
  CHECK(kind_weight(0, 3, Skew::RareIsHard, 3) < kind_weight(0, 1, Skew::RareIsHard, 3));
}

TEST_CASE("held-out items are distinct, of every kind and in a fixed order") {
  const auto items = held_out_items(12, 5);
  REQUIRE(items.size() == skills().size() * kLevels * 12);
  std::set<std::string> texts;
  for (size_t i = 0; i < items.size(); ++i) {
    CHECK(items[i].held_out);
    CHECK(items[i].skill == static_cast<int>(i / (kLevels * 12)));
    texts.insert(items[i].text);
  }
  CHECK(texts.size() == items.size());
}

}  // namespace
}  // namespace retort::practice
