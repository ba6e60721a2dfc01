// What a program can verify of an answer: length, words, letters, case, layout, beginning and end; the kinds
// and arguments of IFEval (arXiv 2311.07911, appendix A). Our own code. Sentences are cut by rule, where the
// reference uses nltk's trained splitter: an answer with many abbreviations can count differently.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace retort {

// Whether the answer keeps one constraint {"id": "length_constraints:number_words", ...arguments}; nothing
// for an id that this program cannot verify (response_language, and what it does not know).
std::optional<bool> keeps_constraint(const Json& check, std::string_view answer);

struct ConstraintMarks {
  int64_t verifiable = 0, strict = 0, loose = 0;  // counts of constraints
  bool all_strict() const { return strict == verifiable; }
  bool all_loose() const { return loose == verifiable; }
};
// All constraints of a question. Loose: kept by any of eight forms of the answer, which leave out asterisks,
// the first line, the last line, and combinations of these.
ConstraintMarks mark_constraints(const Json& checks, std::string_view answer);

}  // namespace retort
