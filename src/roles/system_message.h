// Orca's system messages (arXiv 2306.02707, Table 2 and Figure 6): 16 that make a teacher explain itself, and
// which of them a query may get. The frequencies are the paper's; the rule that gives them is reconstructed
// from its figure (specs/orca_and_methods.md §1.1). The texts are ours, by intent: prompts/explain_NN.txt.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace retort {

inline constexpr int kSystemMessages = 16;  // numbered from 1; the first is empty

enum class SubCollection { Cot, NaturalInstructions, T0, Flan2021 };
// "cot", "niv2", "t0" or "flan2021", as the part of a kind before its first ".", "/" or ":" may say
// ("niv2.task12"); also "niv" and "flan".
std::optional<SubCollection> find_sub_collection(std::string_view kind);
std::string_view sub_collection_name(SubCollection collection);

enum class QuestionForm { Open, MultipleChoice };
// Multiple choice when the text lists options: two or more lines that begin "A)", "(A)", "A." or "[A]" in
// order, the same within one line where all stand in parentheses, or two or more items below a line
// "Options:". Lines "1." are options only where the text speaks of options, choices or "which of".
QuestionForm question_form(std::string_view text);

// The messages that such a query may get, each alike.
std::span<const int> system_messages_for(SubCollection collection, QuestionForm form);
// One of them. About one in ten of NIv2's queries may not be told to translate (14); the paper does not say
// which, so chance does.
int draw_system_message(SubCollection collection, QuestionForm form, Random& random);

}  // namespace retort
