// An answer to an instruction, and the one interface that gives them. Teacher and student are the same kind
// of thing: the referee cannot tell whom it reads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/instruction.h"

namespace retort {

enum class Finish {
  Stop,    // the answerer ended by itself
  Length,  // cut at its token limit
  Filter,  // removed by a content filter
  Other,   // anything else an API may say (tool_calls, ...)
};
std::string_view finish_name(Finish finish);  // "stop", "length", "content_filter", "other"
Finish parse_finish(std::string_view name);   // unknown names are Other

struct Answer {
  std::string text;
  std::string reasoning;  // what the answerer thought before it; empty: nothing, or it does not tell
  Finish finish = Finish::Stop;
  int64_t tokens_in = 0;
  int64_t tokens_out = 0;
  std::string call_key;  // the store's call that brought it; empty for the student's and for rows that
                         // brought their own
  bool is_cut() const { return finish == Finish::Length; }
};

// Reasoning written before a text, as models write both together: "<think>" reasoning "</think>" text. A
// text that does not begin so is all text; one that never ends its reasoning has no text.
struct ThoughtText {
  std::string reasoning, text;
};
ThoughtText split_thought(std::string_view text);
// The two together, as split_thought parts them; the text alone where there is no reasoning.
std::string with_thought(std::string_view reasoning, std::string_view text);

// Answers instructions. The result has one entry an instruction, in the same order; a failed item is an Error
// with its reason and never stops the others. Throws RunError only for what ends the run (401, budget, disk).
class Answerer {
 public:
  virtual ~Answerer() = default;
  virtual std::vector<Result<Answer>> answer(std::span<const Instruction> instructions) = 0;
};

}  // namespace retort
