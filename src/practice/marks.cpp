// Marks, and questions asked by them.
#include "practice/marks.h"

#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"
#include "tokenizer/english_words.h"

namespace retort::practice {

namespace {

// Spelled letter by letter, as the words are that name operations in an instruction.
std::vector<std::string> make_marks() {
  const std::vector<std::string> words = base_words();
  Random random(1, "marks");
  std::vector<std::string> marks;
  while (marks.size() < skills().size() * kMarksASkill) {
    std::string mark = made_up_word(random.range(3, 7), random);
    mark[0] = static_cast<char>(mark[0] - 'a' + 'A');
    const auto is_taken = [&](const std::vector<std::string>& by) {
      return std::find(by.begin(), by.end(), mark) != by.end();
    };
    if (!is_taken(marks) && !is_taken(words)) marks.push_back(std::move(mark));
  }
  return marks;
}

// General words that cannot be taken for a part of a question: no thing, no letter, no logical word.
std::vector<std::string> make_noise_words() {
  std::vector<std::string> words;
  for (std::string_view word : kEnglishWords) {
    const bool is_thing = std::find(things().begin(), things().end(), word) != things().end();
    const bool is_logical = word == "not" || word == "and" || word == "or";
    if (word.size() > 1 && !is_thing && !is_logical) words.emplace_back(word);
  }
  return words;
}

// A random word or stop, as stand between the parts of any sentence.
std::string draw_noise(Random& random) {
  static const std::vector<std::string> words = make_noise_words();
  static const std::vector<std::string> stops = {":", ":", ".", ".",  "?", "?", ",",
                                                 ",", "/", "&", "->", ";", "(", ")"};
  if (random.chance(0.35)) return random.pick(stops);
  return random.pick(words);
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

std::string draw_entry(Random& random) {
  switch (random.below(4)) {
    case 0:
      return random.pick(things());
    case 1:
      return random.pick(people());
    case 2:
      return draw_letter(random);
    default:
      return draw_number(1, 99, random);
  }
}

}  // namespace

const std::string& mark_of(int skill, int index) {
  static const std::vector<std::string> marks = make_marks();
  return marks.at(static_cast<size_t>(skill * kMarksASkill + index));
}

Example make_marked(int skill, Scatter scatter, Random& random) {
  const int level = 1 + static_cast<int>(random.below(kLevels));
  const Operands operands = draw_operands(skill, level, Share::Training, random);
  const std::string& mark = mark_of(skill, static_cast<int>(random.below(kMarksASkill)));
  const int64_t most = scatter == Scatter::None ? 0 : 2;
  std::vector<std::string> words;
  scatter_noise(most, random, words);
  for (const std::string& part : parts_of(operands, mark, random)) {
    words.push_back(part);
    scatter_noise(most, random, words);
  }
  const auto solution = rules()[static_cast<size_t>(skill)].solve(operands);
  return Example{0, join(words), solution.value().answer};
}

Example make_recall(Random& random) {
  std::vector<std::string> entries;  // names and what stands beside them in turn, all different
  for (auto facts = static_cast<size_t>(random.range(2, 5)); entries.size() < 2 * facts;) {
    const std::string entry = draw_entry(random);
    if (std::find(entries.begin(), entries.end(), entry) == entries.end()) entries.push_back(entry);
  }
  const std::string sign = random.chance(0.3) ? " = " : " ";
  std::vector<std::string> facts;
  for (size_t i = 0; i < entries.size(); i += 2) facts.push_back(entries[i] + sign + entries[i + 1]);
  static const std::vector<std::string> separators = {" , ", " ; ", " . "};
  const std::string& separator = random.pick(separators);
  const std::string told = join(facts, separator);
  random.shuffle(facts);
  return Example{0, told, join(facts, separator)};
}

std::vector<std::string> base_words() {
  std::vector<std::string> words;
  for (std::string_view word : kEnglishWords) words.emplace_back(word);
  words.insert(words.end(), things().begin(), things().end());
  words.insert(words.end(), people().begin(), people().end());
  words.insert(words.end(), towns().begin(), towns().end());
  return words;
}

}  // namespace retort::practice
