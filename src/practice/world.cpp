// The world over its skills: items, understanding, pools. The skills themselves: skill_*.cpp.
#include "practice/world.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/check.h"
#include "base/hash.h"
#include "practice/skill.h"
#include "practice/wording.h"

namespace retort::practice {

namespace {

constexpr size_t kTextBytesMax = 400;     // no text of this world is longer
constexpr uint64_t kHeldOutPercent = 15;  // of the operands

// The wording is no part of it: a held-out question is new in every wording.
bool is_held_out(int skill, int level, const Operands& operands) {
  uint64_t hash = mix64(fnv1a64(skills()[static_cast<size_t>(skill)].name), static_cast<uint64_t>(level));
  for (const std::string& word : operands.scalars) hash = mix64(hash, fnv1a64(word));
  for (const std::string& word : operands.list) hash = mix64(hash, fnv1a64(word));
  return hash % 100 < kHeldOutPercent;
}

Item item_of(int skill, int wording, const Operands& operands, Solution solution) {
  Item item;
  item.text = wording_table().at(skill, wording).render(operands);
  item.answer = std::move(solution.answer);
  item.explanation = std::move(solution.explanation);
  item.skill = skill;
  item.level = solution.level;
  item.wording = wording;
  item.held_out = is_held_out(skill, item.level, operands);
  return item;
}

// Skills from the most to the least frequent.
std::vector<int> skills_by_frequency(Skew skew, uint64_t seed) {
  std::vector<int> order(skills().size());
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, "skew");
  random.shuffle(order);
  // Rare means easy: what the base cannot do, or nobody of this size learns, is common.
  if (skew == Skew::RareIsEasy) {
    std::stable_partition(order.begin(), order.end(), [](int skill) {
      const Skill& s = skills()[static_cast<size_t>(skill)];
      return !s.in_base || !s.learnable;
    });
  }
  return order;
}

double level_share(int level, Skew skew) {
  static constexpr double kShares[] = {0.55, 0.30, 0.15};
  return kShares[skew == Skew::RareIsEasy ? kLevels - level : level - 1];
}

}  // namespace

const std::vector<Skill>& skills() {
  static const std::vector<Skill> list = [] {
    std::vector<Skill> all;
    for (const SkillRules& skill : rules()) all.push_back(skill.skill);
    return all;
  }();
  return list;
}

std::string kind_name(int skill, int level) {
  return format("{}/{}", skills().at(static_cast<size_t>(skill)).name, level);
}

Operands draw_operands(int skill, int level, Share share, Random& random) {
  RETORT_CHECK(skill >= 0 && skill < static_cast<int>(rules().size()), "skill {}", skill);
  RETORT_CHECK(level >= 1 && level <= kLevels, "level {}", level);
  while (true) {
    Operands operands = rules()[static_cast<size_t>(skill)].draw(level, random);
    if (is_held_out(skill, level, operands) == (share == Share::HeldOut)) return operands;
  }
}

Item make_item(int skill, int level, Share share, Random& random) {
  const Operands operands = draw_operands(skill, level, share, random);
  std::optional<Solution> solution = rules()[static_cast<size_t>(skill)].solve(operands);
  RETORT_CHECK(solution && solution->level == level, "{} drew {} | {} that its solver refuses",
               kind_name(skill, level), join(operands.scalars), join(operands.list));
  return item_of(skill, static_cast<int>(random.below(4)), operands, std::move(*solution));
}

std::optional<Item> understand(std::string_view text) {
  if (text.size() > kTextBytesMax) return std::nullopt;
  const std::vector<std::string_view> words = split_words(text);
  if (words.empty()) return std::nullopt;
  for (size_t index : wording_table().opened_by(words.front())) {
    const WordingTable::Entry& entry = wording_table().entry(index);
    const std::optional<Operands> operands = entry.text.match(words);
    if (!operands) continue;
    std::optional<Solution> solution = rules()[static_cast<size_t>(entry.skill)].solve(*operands);
    if (solution) return item_of(entry.skill, entry.wording, *operands, std::move(*solution));
  }
  return std::nullopt;
}

double kind_weight(int skill, int level, Skew skew, uint64_t seed) {
  if (skew == Skew::Uniform) return 1.0;
  const std::vector<int> order = skills_by_frequency(skew, seed);
  const auto rank = std::find(order.begin(), order.end(), skill) - order.begin();
  return level_share(level, skew) / static_cast<double>(rank + 1);
}

std::vector<Item> seed_pool(int64_t count, Skew skew, uint64_t seed) {
  std::vector<double> cumulative;  // by skill, then level
  for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
    for (int level = 1; level <= kLevels; ++level) {
      cumulative.push_back((cumulative.empty() ? 0.0 : cumulative.back()) +
                           kind_weight(skill, level, skew, seed));
    }
  }
  std::vector<Item> pool;
  std::unordered_set<std::string> texts;
  for (uint64_t attempt = 0; static_cast<int64_t>(pool.size()) < count; ++attempt) {
    Random random(seed, "seed_pool", attempt);
    const double point = random.uniform() * cumulative.back();
    const auto kind = std::upper_bound(cumulative.begin(), cumulative.end() - 1, point) - cumulative.begin();
    Item item = make_item(static_cast<int>(kind) / kLevels, static_cast<int>(kind) % kLevels + 1,
                          Share::Training, random);
    if (texts.insert(item.text).second) pool.push_back(std::move(item));
  }
  return pool;
}

std::vector<Item> held_out_items(int per_kind, uint64_t seed) {
  std::vector<Item> items;
  for (int skill = 0; skill < static_cast<int>(skills().size()); ++skill) {
    for (int level = 1; level <= kLevels; ++level) {
      Random random(seed, "held_out/" + kind_name(skill, level));
      std::unordered_set<std::string> texts;
      while (static_cast<int>(texts.size()) < per_kind) {
        Item item = make_item(skill, level, Share::HeldOut, random);
        if (texts.insert(item.text).second) items.push_back(std::move(item));
      }
    }
  }
  return items;
}

}  // namespace retort::practice
