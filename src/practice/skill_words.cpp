// Words, letter by letter: uppercase, reverse, first and last letters, length, count a letter, plural,
// replace a letter, alphabetical order, next letters. The words are made up (vocabulary.h).
#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

struct Lengths {
  int64_t lo, hi;
};
using LevelLengths = std::array<Lengths, kLevels>;

std::optional<int> level_of_length(std::string_view word, const LevelLengths& lengths) {
  const auto size = static_cast<int64_t>(word.size());
  for (int level = 1; level <= kLevels; ++level) {
    if (is_letters(word) && size >= lengths[level - 1].lo && size <= lengths[level - 1].hi) return level;
  }
  return std::nullopt;
}
std::string draw_word(Lengths lengths, Random& random) {
  return made_up_word(random.range(lengths.lo, lengths.hi), random);
}
// The letters apart, for explanations.
std::string spelled(std::string_view word) {
  std::string text;
  for (char c : word) (text += text.empty() ? "" : "-") += c;
  return text;
}

constexpr LevelLengths kShort = {{{3, 3}, {4, 4}, {5, 6}}};

Operands draw_short(int level, Random& random) { return {{draw_word(kShort[level - 1], random)}, {}}; }

std::optional<Solution> solve_uppercase(const Operands& operands) {
  if (!has_form(operands, 1, 0, 0)) return std::nullopt;
  std::string word = operands.scalars[0];
  const auto level = level_of_length(word, kShort);
  if (!level) return std::nullopt;
  for (char& c : word) c = static_cast<char>(c - 'a' + 'A');
  return Solution{*level, word, format("Letter by letter {}: {}.", spelled(word), word)};
}
std::optional<Solution> solve_reverse(const Operands& operands) {
  if (!has_form(operands, 1, 0, 0)) return std::nullopt;
  const std::string& word = operands.scalars[0];
  const auto level = level_of_length(word, kShort);
  if (!level) return std::nullopt;
  const std::string answer(word.rbegin(), word.rend());
  return Solution{*level, answer,
                  format("{} from the end is {}: {}.", spelled(word), spelled(answer), answer)};
}

// First and last letters of one, two or three words.
Operands draw_words(int level, Random& random) {
  Operands operands;
  for (int i = 0; i < level; ++i) operands.list.push_back(draw_word({3, 4}, random));
  return operands;
}
bool are_words(const Operands& operands) {
  return has_form(operands, 0, 1, 3) &&
         std::all_of(operands.list.begin(), operands.list.end(),
                     [](auto& word) { return is_letters(word) && word.size() >= 3 && word.size() <= 4; });
}
std::optional<Solution> solve_first_letter(const Operands& operands) {
  if (!are_words(operands)) return std::nullopt;
  std::vector<std::string> letters;
  for (const std::string& word : operands.list) letters.emplace_back(1, word.front());
  return Solution{static_cast<int>(letters.size()), join(letters),
                  format("{} begin with {}.", join(operands.list, ", "), join(letters))};
}
std::optional<Solution> solve_last_letter(const Operands& operands) {
  if (!are_words(operands)) return std::nullopt;
  std::vector<std::string> letters;
  for (const std::string& word : operands.list) letters.emplace_back(1, word.back());
  return Solution{static_cast<int>(letters.size()), join(letters),
                  format("{} end in {}.", join(operands.list, ", "), join(letters))};
}

constexpr LevelLengths kMeasured = {{{2, 4}, {5, 6}, {7, 9}}};

Operands draw_length(int level, Random& random) { return {{draw_word(kMeasured[level - 1], random)}, {}}; }
std::optional<Solution> solve_length(const Operands& operands) {
  if (!has_form(operands, 1, 0, 0)) return std::nullopt;
  const std::string& word = operands.scalars[0];
  const auto level = level_of_length(word, kMeasured);
  if (!level) return std::nullopt;
  return Solution{*level, std::to_string(word.size()),
                  format("{} has the letters {}: {}.", word, spelled(word), word.size())};
}

constexpr LevelLengths kSearched = {{{3, 4}, {5, 6}, {7, 9}}};

Operands draw_count_letter(int level, Random& random) {
  std::string word = draw_word(kSearched[level - 1], random);
  std::string letter(1, word[random.below(word.size())]);
  if (random.chance(0.15)) letter = draw_letter(random);
  for (int64_t more = random.range(0, level); more > 0; --more) word[random.below(word.size())] = letter[0];
  return {{std::move(letter), std::move(word)}, {}};
}
std::optional<Solution> solve_count_letter(const Operands& operands) {
  if (!has_form(operands, 2, 0, 0)) return std::nullopt;
  const std::string &letter = operands.scalars[0], &word = operands.scalars[1];
  const auto level = level_of_length(word, kSearched);
  if (!level || !is_letters(letter) || letter.size() != 1) return std::nullopt;
  const auto count = std::count(word.begin(), word.end(), letter[0]);
  return Solution{*level, std::to_string(count),
                  format("In {} the letter {} stands {} times.", spelled(word), letter, count)};
}

bool ends_in(std::string_view word, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return word.ends_with(ending); });
}
// Level 1 takes s, level 2 es, level 3 changes its last letter.
Operands draw_plural(int level, Random& random) {
  static const std::vector<std::string> plain = {"b", "d", "g", "k", "l", "m", "n", "p", "r", "t"};
  static const std::vector<std::string> hissing = {"s", "x", "z", "ch", "sh"};
  static const std::vector<std::string> changing = {"ry", "dy", "ty", "ly", "ny", "f"};
  std::string stem;
  do stem = draw_word({2, 4}, random);
  while (std::string_view("aeiou").find(stem.back()) == std::string_view::npos);
  return {{stem + random.pick(level == 1 ? plain : level == 2 ? hissing : changing)}, {}};
}
std::optional<Solution> solve_plural(const Operands& operands) {
  if (!has_form(operands, 1, 0, 0)) return std::nullopt;
  const std::string& word = operands.scalars[0];
  if (!is_letters(word) || word.size() < 3 || word.size() > 6) return std::nullopt;
  const std::string stem = word.substr(0, word.size() - 1);
  const char last = word.back();
  if (ends_in(word, {"s", "x", "z", "ch", "sh"}))
    return Solution{2, word + "es", format("{} ends in a hiss and takes es: {}es.", word, word)};
  if (last == 'f') return Solution{3, stem + "ves", format("The f of {} becomes ves: {}ves.", word, stem)};
  if (last == 'y' && !ends_in(stem, {"a", "e", "o", "u"}))
    return Solution{3, stem + "ies", format("The y of {} becomes ies: {}ies.", word, stem)};
  if (std::string_view("bdgklmnprt").find(last) == std::string_view::npos) return std::nullopt;
  return Solution{1, word + "s", format("{} takes s: {}s.", word, word)};
}

constexpr LevelLengths kReplaced = {{{3, 3}, {4, 5}, {6, 7}}};

Operands draw_replace(int level, Random& random) {
  std::string word = draw_word(kReplaced[level - 1], random);
  const std::string from(1, word[random.below(word.size())]);
  std::string to;
  do to = draw_letter(random);
  while (to == from);
  if (level > 1) word[random.below(word.size())] = from[0];  // more than one place, often
  return {{from, to, std::move(word)}, {}};
}
std::optional<Solution> solve_replace(const Operands& operands) {
  if (!has_form(operands, 3, 0, 0)) return std::nullopt;
  const std::string &from = operands.scalars[0], &to = operands.scalars[1];
  std::string word = operands.scalars[2];
  const auto level = level_of_length(word, kReplaced);
  if (!level || !is_letters(from) || !is_letters(to) || from.size() != 1 || to.size() != 1 || from == to)
    return std::nullopt;
  if (word.find(from) == std::string::npos) return std::nullopt;
  std::replace(word.begin(), word.end(), from[0], to[0]);
  return Solution{*level, word,
                  format("Every {} of {} becomes {}: {}.", from, operands.scalars[2], to, word)};
}

// Level 1: two words; level 2: three; level 3: two that begin alike.
Operands draw_alphabetical(int level, Random& random) {
  static constexpr size_t kCounts[] = {2, 3, 2};
  Operands operands;
  while (operands.list.size() < kCounts[level - 1]) {
    std::string word = draw_word({3, 4}, random);
    if (level == 3 && !operands.list.empty()) word[0] = operands.list[0][0];
    const bool clash = std::any_of(operands.list.begin(), operands.list.end(), [&](auto& other) {
      return level == 3 ? other == word : other[0] == word[0];
    });
    if (!clash) operands.list.push_back(std::move(word));
  }
  return operands;
}
std::optional<Solution> solve_alphabetical(const Operands& operands) {
  if (!has_form(operands, 0, 2, 3)) return std::nullopt;
  std::vector<std::string> sorted = operands.list;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (!is_letters(sorted[i]) || sorted[i].size() < 3 || sorted[i].size() > 4) return std::nullopt;
    if (i == 0) continue;
    const bool alike = sorted[i][0] == sorted[i - 1][0];
    if ((alike && sorted.size() == 3) || sorted[i] == sorted[i - 1]) return std::nullopt;
  }
  const int level = sorted.size() == 3 ? 2 : sorted[0][0] == sorted[1][0] ? 3 : 1;
  return Solution{level, sorted[0], format("In order they are {}, so {}.", join(sorted, ", "), sorted[0])};
}

constexpr LevelLengths kShifted = {{{2, 2}, {3, 3}, {4, 4}}};

Operands draw_next(int level, Random& random) {
  std::string letters;
  for (int64_t i = 0; i < kShifted[level - 1].lo; ++i) letters += draw_letter(random);
  return {{std::move(letters)}, {}};
}
std::optional<Solution> solve_next(const Operands& operands) {
  if (!has_form(operands, 1, 0, 0)) return std::nullopt;
  std::string letters = operands.scalars[0];
  const auto level = level_of_length(letters, kShifted);
  if (!level) return std::nullopt;
  for (char& c : letters) c = c == 'z' ? 'a' : static_cast<char>(c + 1);
  return Solution{*level, letters,
                  format("After {} come {}: {}.", spelled(operands.scalars[0]), spelled(letters), letters)};
}

}  // namespace

std::vector<SkillRules> word_skills() {
  using enum AnswerForm;
  return {
      {{"uppercase", "words"},
       Word,
       {"Capitals for {0} ?", "Uppercase {0} please .", "Capitalise : {0} .", "Big letters : {0} ."},
       draw_short,
       solve_uppercase},
      {{"reverse_word", "words"},
       Word,
       {"Spell {0} backwards .", "Reverse letters : {0} .", "Mirror {0} please .", "Read {0} backward ?"},
       draw_short,
       solve_reverse},
      {{"first_letter", "words"},
       List,
       {"First letter : {*} ?", "Initial of {*} ?", "Opening letter : {*} .", "Front of {*} ?"},
       draw_words,
       solve_first_letter},
      {{"last_letter", "words", false},
       List,
       {"Last letter : {*} ?", "Ending of {*} ?", "Closing letter : {*} .", "Back of {*} ?"},
       draw_words,
       solve_last_letter},
      {{"word_length", "words"},
       Number,
       {"Length of {0} ?", "Letters in {0} ?", "Measure {0} please .", "Letter count : {0} ."},
       draw_length,
       solve_length},
      {{"count_letter", "words"},
       Number,
       {"Count {0} : {1} ?", "Frequency {0} / {1} .", "Tally {0} : {1} .", "Occurrences : {0} , {1} ?"},
       draw_count_letter,
       solve_count_letter},
      {{"plural", "words", false},
       Word,
       {"Plural of {0} ?", "Pluralise : {0} .", "One {0} , several ?", "Write plural : {0} ."},
       draw_plural,
       solve_plural},
      {{"replace_letter", "words"},
       Word,
       {"Replace {0} by {1} in {2} .", "Swap {0} -> {1} : {2} .", "Change {0} into {1} : {2} .",
        "Substitute {1} for {0} in {2} ."},
       draw_replace,
       solve_replace},
      {{"alphabetical", "words"},
       Word,
       {"Alphabet first : {*} ?", "Earliest in dictionary : {*} ?", "Alphabetical winner : {*} .",
        "Dictionary leader : {*} ?"},
       draw_alphabetical,
       solve_alphabetical},
      {{"next_letter", "words"},
       Word,
       {"Letters after {0} ?", "Shift {0} forward .", "Next letters : {0} .", "Advance letters : {0} ."},
       draw_next,
       solve_next},
  };
}

}  // namespace retort::practice
