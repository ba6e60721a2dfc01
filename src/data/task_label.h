// The 32 task labels that TAPIR balances (arXiv 2405.13448; names and shares as its authors released them
// with DistilQwen2), each with its exact share of the target mix and the style that its answers are written
// in. The list mixes kinds of work (Paraphrase) with fields (Biology): an instruction gets the one that fits
// best.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace retort {

// How a good answer is written; one prompt of the rewriter each (specs/tapir.md §1.7).
enum class AnswerStyle {
  Derivation,  // numbered steps, then one line with the result
  Code,        // plan, commented code, an example of its use
  Debug,       // cause, repair, corrected code
  Format,      // every stated constraint and nothing else
  Voice,       // in the voice that was asked for, no talk about the task
  Knowledge,   // the answer first, then why
  Language,    // in the language asked for, little explanation
  Policy,      // as the teacher answered it: never rewritten
};

struct TaskLabel {
  std::string_view name;  // "Code Generation"
  int64_t share = 0;      // of kTaskShares; all shares together are kTaskShares
  AnswerStyle style = AnswerStyle::Knowledge;
};
inline constexpr int64_t kTaskShares = 60;
inline constexpr std::string_view kOtherTask = "Others";

// All 32, in the order of the released list.
std::span<const TaskLabel> task_labels();
// The label of that name; case, blanks, hyphens and underscores do not count ("common sense"). Nothing else
// is forgiven: nullptr for any other text.
const TaskLabel* find_task_label(std::string_view name);

}  // namespace retort
