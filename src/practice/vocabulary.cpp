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
      "air apple arm art baby back bag ball band bank bar base bath bear bed bell bench bike bird blood "
      "board boat body bone book boot box boy brain bread brush bus cake camp cap car card cat chain "
      "chair chest child city class clock cloth cloud club coal coast coat coin cook corn cow crown cup "
      "dance day desk dish dog door dress drink drum dust ear earth east egg eye face farm field film "
      "fire fish flag floor foot fork frame fruit game gate gift girl glass gold grass gun hair hall hand "
      "hat head heart hill hole home horse hotel house ice ink iron jewel judge juice key king knee knife "
      "lake lamp land leaf leg line lion lip lock lunch map mark meal meat metal milk money moon mouth "
      "music nail neck net night north nose nurse oil oven page paint pan paper park path pen phone piano "
      "pipe plane plant plate pool pot queen rail rain rice ring river road rock roof room root rope rose "
      "sail salt sand sea seat seed ship shirt shoe shop silk skin sky snow soap sock song soup south "
      "spoon stage star steel stone store storm sugar suit sun table tail tea tent test tin tooth tower "
      "town toy train tree truck wall watch water wheel wife wind wine wing wire wolf woman wood wool "
      "yard year");
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
