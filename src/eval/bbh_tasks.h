// The 27 tasks of BIG-Bench Hard (arXiv 2210.09261): which have lettered options, which are answered by one
// of two words, and one line of our own that says what is asked.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace retort {

struct BbhTask {
  std::string_view name;
  bool lettered = false;                // its items bring lettered options
  std::vector<std::string_view> words;  // the two words that it is answered with; empty: others
  std::string_view line;
};
std::span<const BbhTask> bbh_tasks();
// Requires a name that is one of them.
const BbhTask& bbh_task(std::string_view name);

}  // namespace retort
