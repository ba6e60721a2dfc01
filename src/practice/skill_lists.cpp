// Lists: sort, reverse, first, last, count, contains.
#include <algorithm>

#include "practice/skill.h"
#include "practice/vocabulary.h"

namespace retort::practice {

namespace {

using Counts = std::array<size_t, kLevels>;

std::optional<int> level_of_count(size_t count, const Counts& counts) {
  for (int level = 1; level <= kLevels; ++level) {
    if (counts[level - 1] == count) return level;
  }
  return std::nullopt;
}
// The level of a list of plain words, or nothing.
std::optional<int> level_of_list(const Operands& operands, size_t scalars, const Counts& counts) {
  if (operands.scalars.size() != scalars) return std::nullopt;
  if (!std::all_of(operands.list.begin(), operands.list.end(), is_letters)) return std::nullopt;
  return level_of_count(operands.list.size(), counts);
}

constexpr Counts kSorted = {2, 3, 5};

Operands draw_sort(int level, Random& random) {
  return {{}, draw_numbers(10, 99, kSorted[level - 1], random)};
}
std::optional<Solution> solve_sort(const Operands& operands) {
  auto numbers = read_numbers(operands.list);
  const auto level = level_of_count(operands.list.size(), kSorted);
  if (!operands.scalars.empty() || !numbers || !level) return std::nullopt;
  if (std::any_of(numbers->begin(), numbers->end(), [](int64_t n) { return n < 10 || n > 99; }))
    return std::nullopt;
  std::vector<std::string> sorted =
      operands.list;  // all of two digits: the order of texts is that of numbers
  std::sort(sorted.begin(), sorted.end());
  return Solution{
      *level, join(sorted),
      format("{} is the smallest and {} the largest: {}.", sorted.front(), sorted.back(), join(sorted))};
}

constexpr Counts kReversed = {2, 3, 5};

Operands draw_reverse(int level, Random& random) {
  return {{}, draw_distinct(things(), kReversed[level - 1], random)};
}
std::optional<Solution> solve_reverse(const Operands& operands) {
  const auto level = level_of_list(operands, 0, kReversed);
  if (!level) return std::nullopt;
  const std::string answer = join({operands.list.rbegin(), operands.list.rend()});
  return Solution{*level, answer,
                  format("From {} back to {}: {}.", operands.list.back(), operands.list.front(), answer)};
}

constexpr Counts kEnded = {2, 4, 6};

Operands draw_end(int level, Random& random) {
  return {{}, draw_distinct(things(), kEnded[level - 1], random)};
}
std::optional<Solution> solve_first(const Operands& operands) {
  const auto level = level_of_list(operands, 0, kEnded);
  if (!level) return std::nullopt;
  return Solution{*level, operands.list.front(), format("The list opens with {}.", operands.list.front())};
}
std::optional<Solution> solve_last(const Operands& operands) {
  const auto level = level_of_list(operands, 0, kEnded);
  if (!level) return std::nullopt;
  return Solution{*level, operands.list.back(), format("The list closes with {}.", operands.list.back())};
}

int level_of_size(size_t size) { return size <= 3 ? 1 : size <= 6 ? 2 : 3; }

Operands draw_count(int level, Random& random) {
  static constexpr int64_t kFrom[] = {2, 4, 7}, kTo[] = {3, 6, 9};
  const int64_t count = random.range(kFrom[level - 1], kTo[level - 1]);
  return {{}, draw_distinct(things(), static_cast<size_t>(count), random)};
}
std::optional<Solution> solve_count(const Operands& operands) {
  const size_t size = operands.list.size();
  if (!has_form(operands, 0, 2, 9)) return std::nullopt;
  if (!std::all_of(operands.list.begin(), operands.list.end(), is_letters)) return std::nullopt;
  return Solution{
      level_of_size(size), std::to_string(size),
      format("Counting from {} to {} gives {}.", operands.list.front(), operands.list.back(), size)};
}

constexpr Counts kSearched = {2, 3, 5};

Operands draw_contains(int level, Random& random) {
  std::vector<std::string> words = draw_distinct(things(), kSearched[level - 1] + 1, random);
  std::string wanted = words.back();
  words.pop_back();
  if (random.chance(0.5)) wanted = random.pick(words);
  return {{std::move(wanted)}, std::move(words)};
}
std::optional<Solution> solve_contains(const Operands& operands) {
  const auto level = level_of_list(operands, 1, kSearched);
  if (!level || !is_letters(operands.scalars[0])) return std::nullopt;
  const auto found = std::find(operands.list.begin(), operands.list.end(), operands.scalars[0]);
  if (found == operands.list.end())
    return Solution{*level, "no",
                    format("{} is none of the {} words: no.", operands.scalars[0], operands.list.size())};
  return Solution{
      *level, "yes",
      format("{} is word {} of the list: yes.", operands.scalars[0], found - operands.list.begin() + 1)};
}

}  // namespace

std::vector<SkillRules> list_skills() {
  using enum AnswerForm;
  return {
      {{"sort", "lists"},
       List,
       {"Sort {*} .", "Order ascending : {*} .", "Arrange upward : {*} .", "Rank {*} increasing ."},
       draw_sort,
       solve_sort},
      {{"reverse_list", "lists"},
       List,
       {"Reverse list : {*} .", "Backward order : {*} .", "Flip the items {*} .", "List reversed : {*} ?"},
       draw_reverse,
       solve_reverse},
      {{"first", "lists"},
       Word,
       {"First of {*} ?", "Starting item : {*} ?", "Head of {*} ?", "Initial entry in {*} ?"},
       draw_end,
       solve_first},
      {{"last", "lists"},
       Word,
       {"Last of {*} ?", "Final item : {*} ?", "Tail of {*} ?", "Closing entry in {*} ?"},
       draw_end,
       solve_last},
      {{"count_items", "lists"},
       Number,
       {"Count items : {*} .", "How many : {*} ?", "Size of {*} ?", "Number of entries : {*} ?"},
       draw_count,
       solve_count},
      {{"contains", "lists"},
       Choice,
       {"Is {0} in {*} ?", "Does {*} hold {0} ?", "Contains {0} : {*} ?", "Search {0} among {*} ."},
       draw_contains,
       solve_contains},
  };
}

}  // namespace retort::practice
