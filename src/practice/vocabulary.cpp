// The word lists, and drawing from them.
#include "practice/vocabulary.h"

#include <algorithm>

#include "base/check.h"

namespace retort::practice {

namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

const std::vector<std::string>& things() {
  static const std::vector<std::string> words = split(
      "air arm art baby back bag ball band bank bar base bath bear bed bell bike bird boat body bone book "
      "boot box boy bus cake camp cap car card cat city club coal coat coin cook corn cow cup day desk "
      "dish dog door drum dust ear east egg eye face farm film fire fish flag foot fork game gate gift "
      "girl gold gun hair hall hand hat head hill hole home ice ink iron key king knee lake lamp land "
      "leaf leg line lion lip lock map mark meal meat milk moon nail neck net nose oil oven page pan park "
      "path pen pipe pool pot rail rain rice ring road rock roof room root rope rose sail salt sand sea "
      "seat seed ship shoe shop silk skin sky snow soap sock song soup star suit sun tail tea tent test "
      "tin town toy tree wall wife wind wine wing wire wolf wood wool yard year");
  return words;
}

const std::vector<std::string>& people() {
  static const std::vector<std::string> names = split(
      "Adam Alice Amy Andrew Anna Arthur Ben Bill Bob Brian Carol Chris Clara Daniel David Diana Edward "
      "Ella Emma Eric Eva Frank Fred George Grace Harry Helen Henry Ian Jack James Jane Jason John Julia "
      "Karen Larry Laura Leo Linda Lucy Luke Maria Mark Martin Mary Max Mia Nancy Nina Oscar Paul Peter "
      "Robert Roger Rosa Ruth Sally Sam Scott Simon Sophie Steve Thomas Tom Tony Victor Walter");
  return names;
}

const std::vector<std::string>& towns() {
  static const std::vector<std::string> names = split(
      "Athens Berlin Boston Bristol Cairo Chicago Dallas Delhi Denver Dublin Geneva Hamburg Houston Lima "
      "Lisbon London Lyon Madrid Miami Milan Moscow Munich Naples Oslo Oxford Paris Prague Rome Seattle "
      "Sydney Tokyo Toronto Venice Vienna Warsaw York Zurich");
  return names;
}

std::vector<std::string> draw_distinct(const std::vector<std::string>& words, size_t count, Random& random) {
  RETORT_CHECK(count <= words.size(), "{} different words of {}", count, words.size());
  std::vector<std::string> drawn;
  while (drawn.size() < count) {
    const std::string& word = random.pick(words);
    if (std::find(drawn.begin(), drawn.end(), word) == drawn.end()) drawn.push_back(word);
  }
  return drawn;
}

std::vector<std::string> draw_numbers(int64_t lo, int64_t hi, size_t count, Random& random) {
  RETORT_CHECK(hi - lo >= static_cast<int64_t>(count), "{} different numbers of {} to {}", count, lo, hi);
  std::vector<std::string> drawn;
  while (drawn.size() < count) {
    std::string number = draw_number(lo, hi, random);
    if (std::find(drawn.begin(), drawn.end(), number) == drawn.end()) drawn.push_back(std::move(number));
  }
  return drawn;
}

std::string made_up_word(int64_t letters, Random& random) {
  static constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxz", kVowels = "aeiou";
  std::string word;
  bool vowel = random.chance(0.3);
  for (int64_t i = 0; i < letters; ++i, vowel = !vowel) {
    const std::string_view from = vowel ? kVowels : kConsonants;
    word += from[random.below(from.size())];
  }
  return word;
}

std::string draw_letter(Random& random) { return std::string(1, static_cast<char>('a' + random.below(26))); }

std::string draw_number(int64_t lo, int64_t hi, Random& random) {
  return std::to_string(random.range(lo, hi));
}

}  // namespace retort::practice
