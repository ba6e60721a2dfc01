// In which order the practice base learns. A small student learns an operation quickly when little else is
// asked, and hardly begins with any when all are asked at once (after 800 steps in a trial: 20 % of held-out
// instructions right against 14 %). So it takes lessons: half of each is new, half is what it knows; in the
// end everything is asked, among words.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace retort::practice {

struct Lesson {
  std::string_view name;
  std::vector<std::string_view> skills;  // new ones; none: recall
  int64_t steps;                         // at scale 1
  int share;                             // how often each of its skills is asked in the end
};
const std::vector<Lesson>& lessons();
inline constexpr int64_t kStepsAmongWords = 9'000;  // all of them, with content and mark scattered

}  // namespace retort::practice
