#include "practice/writer.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"

namespace retort::practice {
namespace {

size_t kind_index(int skill, int level) { return static_cast<size_t>(skill * kLevels + level - 1); }

// Near copies, all above Lion's ROUGE-L threshold for a seed of three words or more.
std::string near_copy(std::string_view seed_text, Random& random) {
  std::string copy(seed_text);
  switch (random.below(3)) {
    case 0:
      return copy;
    case 1:
      if (!copy.empty()) copy[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(copy[0])));
      return "Please " + copy;
    default:
      return copy + " Thank you.";
  }
}

// One text for each of Lion's filters before novelty (specs/lion.md §4.2, 1 to 5).
std::string junk(Random& random) {
  switch (random.below(5)) {
    case 0:
      return "Here is a brand-new instruction, as you wished.";
    case 1: {
      // Longer than any sensible token limit, so that it is cut.
      std::string text = "(and then";
      for (int i = 0; i < 200; ++i) text += " again and";
      return text;
    }
    case 2:
      return "Do it again";
    case 3:
      return "- one of these, or perhaps another of those";
    default:
      return "\u00bfand what of all the others that came before?";
  }
}

}  // namespace

Writer::Writer(const TeacherOptions& options)
    : duplicate_share_(options.duplicate_share), junk_share_(options.junk_share) {
  Skew skew = or_throw(parse_skew(options.skew));
  struct Weighed {
    Kind kind;
    double weight;
  };
  std::vector<Weighed> all;
  int skill_count = static_cast<int>(skills().size());
  for (int skill = 0; skill < skill_count; ++skill)
    for (int level = 1; level <= kLevels; ++level)
      all.push_back({{skill, level}, kind_weight(skill, level, skew, options.seed)});

  // Where nothing in the domain is rarer, the rarest are as rare as it gets.
  for (const Weighed& seed : all) {
    const std::string& domain = skills()[static_cast<size_t>(seed.kind.skill)].domain;
    double least = seed.weight;
    for (const Weighed& other : all)
      if (skills()[static_cast<size_t>(other.kind.skill)].domain == domain)
        least = std::min(least, other.weight);
    std::vector<Kind> rarer;
    for (const Weighed& other : all) {
      if (skills()[static_cast<size_t>(other.kind.skill)].domain != domain) continue;
      if (other.weight < seed.weight || (seed.weight == least && other.weight == least))
        rarer.push_back(other.kind);
    }
    rarer_.push_back(std::move(rarer));
  }
}

std::string Writer::write(std::string_view seed_text, WriteMode mode, Random random) const {
  std::optional<Item> seed = understand(seed_text);
  if (!seed) return "This rule-based practice generator does not know the domain of that instruction.";
  double fate = random.uniform();
  if (fate < junk_share_) return junk(random);
  if (fate < junk_share_ + duplicate_share_) return near_copy(seed_text, random);
  return new_item(*seed, seed_text, mode, random);
}

std::string Writer::evolve(std::string_view seed_text, Evolution evolution, Random random) const {
  std::optional<Item> seed = understand(seed_text);
  if (!seed || evolution == Evolution::Broaden) return write(seed_text, WriteMode::Rarer, random);
  const double fate = random.uniform();
  if (fate < junk_share_) return junk(random);
  if (fate < junk_share_ + duplicate_share_)  // no harder, or not even changed
    return random.chance(0.5) ? std::string(seed_text)
                              : new_item(*seed, seed_text, WriteMode::SameTask, random);
  if (evolution == Evolution::Reason) return std::string(seed_text) + " Explain your answer step by step.";
  Item harder = *seed;
  harder.level = std::min(harder.level + 1, kLevels);
  return new_item(harder, seed_text, WriteMode::SameTask, random);
}

std::string Writer::new_item(const Item& seed, std::string_view seed_text, WriteMode mode,
                             Random& random) const {
  Kind kind{seed.skill, seed.level};
  if (mode == WriteMode::Rarer) kind = random.pick(rarer_[kind_index(seed.skill, seed.level)]);
  std::string text;
  // A kind with few operands may draw the seed again; after some tries that is what a generator would do too.
  for (int tries = 0; tries < 8; ++tries) {
    text = make_item(kind.skill, kind.level, Share::Training, random).text;
    if (text != seed_text) break;
  }
  return text;
}

}  // namespace retort::practice
