// Marks, and questions asked by them.
#include "practice/marks.h"

#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"
#include "tokenizer/english_words.h"

namespace retort::practice {

namespace {

std::vector<std::string> make_marks() {
  static constexpr std::string_view kSymbols = "@#^%$|~_*`";
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  Random random(1, "marks");
  std::vector<std::string> marks;
  while (marks.size() < skills().size() * kMarksASkill) {
    std::string mark(1, kSymbols[random.below(kSymbols.size())]);
    for (int64_t more = random.range(1, 3); more > 0; --more) mark += kLetters[random.below(kLetters.size())];
    if (std::find(marks.begin(), marks.end(), mark) == marks.end()) marks.push_back(std::move(mark));
  }
  return marks;
}

// How often a skill is asked: what a shorter base knew already half as often as the rest, what it had hardly
// begun to learn twice as often.
constexpr std::string_view kQuick[] = {"uppercase",   "reverse_word", "first_letter",
                                       "next_letter", "word_length",  "first",
                                       "last",        "maximum",      "parity"};
constexpr std::string_view kSlow[] = {"add",          "subtract", "who",          "age",   "code_assign",
                                      "count_letter", "if_then",  "reverse_list", "units", "contains"};

int frequency(std::string_view skill) {
  if (std::find(std::begin(kQuick), std::end(kQuick), skill) != std::end(kQuick)) return 1;
  return std::find(std::begin(kSlow), std::end(kSlow), skill) != std::end(kSlow) ? 4 : 2;
}

// The skills of the base, each as often as it is to be drawn.
const std::vector<int>& skills_of_base() {
  static const std::vector<int> list = [] {
    std::vector<int> known;
    for (size_t i = 0; i < skills().size(); ++i) {
      const Skill& skill = skills()[i];
      if (skill.in_base)
        known.insert(known.end(), static_cast<size_t>(frequency(skill.name)), static_cast<int>(i));
    }
    return known;
  }();
  return list;
}

// A random word, name or stop, as stand between the parts of any sentence.
std::string draw_noise(Random& random) {
  static const std::vector<std::string> words = base_words();
  static const std::vector<std::string> stops = {":", ":", ".", ".",  "?", "?", ",",
                                                 ",", "/", "&", "->", ";", "(", ")"};
  if (random.chance(0.35)) return random.pick(stops);
  const std::string& word = random.pick(words);
  return word.starts_with(' ') ? word.substr(1) : word;
}
void scatter_noise(int64_t most, Random& random, std::vector<std::string>& into) {
  for (int64_t count = random.range(0, most); count > 0; --count) into.push_back(draw_noise(random));
}

// The parts of a question in a random order that keeps the scalars' own.
std::vector<std::string> parts_of(const Operands& operands, const std::string& mark, Random& random) {
  std::vector<std::string> parts = operands.scalars;
  const auto put = [&](const std::string& part) {
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(random.below(parts.size() + 1)), part);
  };
  if (!operands.list.empty()) {
    // Questions mostly come before what they are about.
    if (random.chance(0.7))
      parts.push_back(join(operands.list));
    else
      put(join(operands.list));
  }
  if (random.chance(0.6))
    parts.insert(parts.begin(), mark);
  else
    put(mark);
  return parts;
}

}  // namespace

const std::string& mark_of(int skill, int index) {
  static const std::vector<std::string> marks = make_marks();
  return marks.at(static_cast<size_t>(skill * kMarksASkill + index));
}

Example make_marked(Scatter scatter, Random& random) {
  const int skill = random.pick(skills_of_base());
  const int level = 1 + static_cast<int>(random.below(kLevels));
  const Operands operands = draw_operands(skill, level, Share::Training, random);
  const std::string& mark = mark_of(skill, static_cast<int>(random.below(kMarksASkill)));
  const int64_t most = scatter == Scatter::Little ? 0 : 2;
  std::vector<std::string> words;
  scatter_noise(most, random, words);
  for (const std::string& part : parts_of(operands, mark, random)) {
    words.push_back(part);
    scatter_noise(most, random, words);
  }
  const auto solution = rules()[static_cast<size_t>(skill)].solve(operands);
  return Example{0, join(words), solution.value().answer};
}

std::vector<std::string> base_words() {
  std::vector<std::string> words;
  for (std::string_view word : kEnglishWords) words.emplace_back(word);
  words.insert(words.end(), things().begin(), things().end());
  words.insert(words.end(), people().begin(), people().end());
  return words;
}

}  // namespace retort::practice
