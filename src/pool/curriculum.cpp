#include "pool/curriculum.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"

namespace retort {
namespace {

// A kind's items in the order in which they will be drawn, and how far that has come.
struct Deck {
  int64_t share = 0;
  std::vector<int64_t> ids;
  size_t next = 0;
};

std::map<std::string_view, Deck> shuffled_decks(std::span<const SeedCandidate> candidates, uint64_t seed,
                                                std::string_view label) {
  std::map<std::string_view, Deck> decks;
  for (const SeedCandidate& candidate : candidates) decks[candidate.kind].ids.push_back(candidate.id);
  for (auto& [kind, deck] : decks) Random(seed, format("{}/kind/{}", label, kind)).shuffle(deck.ids);
  return decks;
}

// Live decks with what their shares add up to; made anew when one runs dry.
class Wheel {
 public:
  explicit Wheel(std::vector<Deck*> live) : live_(std::move(live)) { add_up(); }
  bool dry() const { return live_.empty(); }
  int64_t draw(Random& random) {
    const auto point = static_cast<int64_t>(random.below(static_cast<uint64_t>(up_to_.back())));
    const auto at = std::upper_bound(up_to_.begin(), up_to_.end(), point) - up_to_.begin();
    Deck& deck = *live_[static_cast<size_t>(at)];
    const int64_t id = deck.ids[deck.next++];
    if (deck.next == deck.ids.size()) {
      live_.erase(live_.begin() + at);
      add_up();
    }
    return id;
  }

 private:
  void add_up() {
    up_to_.clear();
    int64_t sum = 0;
    for (const Deck* deck : live_) up_to_.push_back(sum += deck->share);
  }
  std::vector<Deck*> live_;
  std::vector<int64_t> up_to_;
};

int64_t hard_part(int64_t count, double alpha) {
  // A little more than a half, so that what is a half but for the rounding of alpha goes up too.
  return static_cast<int64_t>(std::floor(alpha * static_cast<double>(count) + 0.5 + 2e-9));
}

}  // namespace

double alpha_of_round(double alpha, double step, int round) {
  RETORT_CHECK(round >= 1, "round {}", round);
  return std::clamp(alpha + (round - 1) * step, 0.0, 1.0);
}

std::vector<int64_t> draw_by_shares(std::span<const SeedCandidate> candidates, const KindShares& shares,
                                    int64_t count, uint64_t seed, std::string_view label) {
  std::map<std::string_view, Deck> decks = shuffled_decks(candidates, seed, label);
  std::vector<Deck*> live;
  for (auto& [kind, deck] : decks) {
    const auto share = shares.find(kind);
    deck.share = share == shares.end() ? 0 : share->second;
    if (deck.share > 0) live.push_back(&deck);
  }
  Wheel wheel(std::move(live));
  Random random(seed, format("{}/draw", label));
  std::vector<int64_t> drawn;
  while (static_cast<int64_t>(drawn.size()) < count && !wheel.dry()) drawn.push_back(wheel.draw(random));
  return drawn;
}

RoundSize round_size(int64_t wanted, double alpha, int64_t hard_count, int64_t rest_count) {
  RETORT_CHECK(alpha >= 0 && alpha <= 1, "alpha {}", alpha);
  const int64_t most = hard_count + rest_count;
  int64_t count = wanted == 0 ? most : std::min(wanted, most);
  if (hard_count == 0) return {0, count};
  if (rest_count == 0) return {count, 0};
  // Near the answer by division, then down to it.
  if (alpha > 0)
    count = std::min(count, static_cast<int64_t>((static_cast<double>(hard_count) + 0.5) / alpha) + 1);
  if (alpha < 1)
    count = std::min(count, static_cast<int64_t>((static_cast<double>(rest_count) + 0.5) / (1 - alpha)) + 1);
  for (; count > 0; --count) {
    const int64_t hard = hard_part(count, alpha);
    if (hard <= hard_count && count - hard <= rest_count) return {hard, count - hard};
  }
  return {};
}

std::vector<int64_t> sample_sub_mixture(std::span<const SeedCandidate> candidates, const SubMixture& mixture,
                                        uint64_t seed, std::string_view label) {
  std::vector<int64_t> ids;
  if (mixture.rule == SubMixture::Rule::All)
    for (const SeedCandidate& candidate : candidates) ids.push_back(candidate.id);
  if (mixture.rule == SubMixture::Rule::CapPerTask)
    for (auto& [task, deck] : shuffled_decks(candidates, seed, label)) {
      const auto most = std::min<int64_t>(mixture.count, static_cast<int64_t>(deck.ids.size()));
      ids.insert(ids.end(), deck.ids.begin(), deck.ids.begin() + most);
    }
  if (mixture.rule == SubMixture::Rule::TaskUniform) {
    KindShares alike;
    for (const SeedCandidate& candidate : candidates) alike[std::string(candidate.kind)] = 1;
    ids = draw_by_shares(candidates, alike, mixture.count, seed, label);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace retort
