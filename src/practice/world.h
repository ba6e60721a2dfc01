// A world to practise in: some three dozen skills with three levels, four wordings, an exact solver and a
// worked explanation each (DESIGN §8, specs/practice_world.md). Everything is a pure function of its
// arguments and a seed. It is rule-based and no LLM, and says so wherever it speaks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace retort::practice {

inline constexpr int kLevels = 3;

struct Skill {
  std::string name;       // "reverse_list"
  std::string domain;     // "numbers", "lists", "words", "text", "time", "logic", "code"
  bool in_base = true;    // the practice base knows the operation
  bool learnable = true;  // false: kept because such a student cannot learn it, and labelled so
};
const std::vector<Skill>& skills();

// One item: an instruction with its one right answer.
struct Item {
  std::string text;         // the instruction in one of four wordings
  std::string answer;       // the exact answer
  std::string explanation;  // how one gets there, one or two sentences
  int skill = 0;            // index in skills()
  int level = 1;            // 1 to kLevels
  int wording = 0;          // 0 to 3
  bool held_out =
      false;  // its operands are in the 15 % kept for measuring (by hash of skill, level and operands)
};
// "sort/2": what `kind` holds for practice rows.
std::string kind_name(int skill, int level);

enum class Share {
  Training,
  HeldOut
};  // never mixed: training pools and the generator draw from Training only
Item make_item(int skill, int level, Share share, Random& random);
// Understands an instruction in any of the wordings (white space at the ends ignored); nothing when it is not
// of this world.
std::optional<Item> understand(std::string_view text);
// How right an answer is, 0 to 1: 1 exact (after trimming white space), else partial credit for near ones, 0
// for empty or unrelated.
double credit(const Item& item, std::string_view answer);

// How the seed pool is skewed (specs/practice_world §4): world A, rare means hard; world B, rare means easy;
// or not at all.
enum class Skew { RareIsHard, RareIsEasy, Uniform };
// Relative frequency of a kind in the seed pool: Zipf over skills (in an order made from `seed`), .55/.30/.15
// over levels (reversed for RareIsEasy).
double kind_weight(int skill, int level, Skew skew, uint64_t seed);
// `count` distinct training items drawn by those weights.
std::vector<Item> seed_pool(int64_t count, Skew skew, uint64_t seed);
// `per_kind` distinct held-out items of every skill and level, in a fixed order.
std::vector<Item> held_out_items(int per_kind, uint64_t seed);

}  // namespace retort::practice
