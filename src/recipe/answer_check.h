// Mechanical checks of an answer, and the choice among several samples of one question (EKT, arXiv
// 2211.16740; specs/tapir.md §1.7). What a check cannot read it does not pass over in silence: the reason is
// what the run stores. Pure functions, but for `run`, which is asked for.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/answer.h"
#include "recipe/answer_section.h"

namespace retort {

// What an answer comes to, for comparing: its final number as a fraction ("5/2"), else the option that it
// chooses ("(B)"), else its last line in lower case without margins and a closing stop.
std::string outcome_of(std::string_view answer);
// Whether an answer ends as the gold one does. A gold number or option is compared as such; "#### 42" is
// GSM8K's way to write one.
bool agrees_with_gold(std::string_view answer, std::string_view gold);

// Which format that the instruction names the answer does not keep ("more than 20 words", "is no JSON",
// "code that does not end"); nothing where it keeps all that were recognised: words (at most, at least,
// exactly N), N bullet points, JSON, upper and lower case; fenced blocks that end and whose
// brackets match.
std::optional<std::string> form_fault(std::string_view instruction, std::string_view answer);

// The program of an answer's last fenced Python block; nothing where it has none.
std::optional<std::string> python_of(std::string_view answer);
// Runs a program; nothing when it ended well, else what went wrong.
using ProgramRunner = std::function<std::optional<std::string>(const std::string& program)>;

struct ChosenAnswer {
  size_t index = 0;    // of the samples
  std::string reason;  // why none was chosen; empty: `index` was
};
// `gold`: nothing where the row has none. Samples that failed or were cut pass nothing.
ChosenAnswer choose_answer(std::string_view instruction, std::span<const Result<Answer>> samples,
                           const std::optional<std::string>& gold, const AnswersSection& options,
                           const ProgramRunner& run);

}  // namespace retort
