#include "practice/lessons.h"

namespace retort::practice {

const std::vector<Lesson>& lessons() {
  static const std::vector<Lesson> all = {
      {"recall", {}, 600, 0},
      {"copy words", {"first", "last", "reverse_list"}, 400, 1},
      {"copy letters",
       {"uppercase", "reverse_word", "first_letter", "next_letter", "replace_letter"},
       600,
       1},
      {"look up", {"age", "who", "code_assign", "contains"}, 1'500, 3},
      {"put in order", {"sort", "maximum", "compare", "alphabetical", "truth", "if_then"}, 1'000, 2},
      {"count", {"count_items", "word_length", "count_letter", "parity"}, 700, 2},
      {"calculate", {"add", "subtract", "sequence", "clock", "units"}, 1'500, 3},
  };
  return all;
}

}  // namespace retort::practice
