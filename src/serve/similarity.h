// What Lion logs of each instruction that it accepts (its code's most_similar_instructions and
// avg_similarity_score): the nearest of all that were there before it, and the mean over them. Computed from
// the store when it is asked for, not during the run: the decision needs one pair, this needs all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/instruction.h"

namespace retort {

struct NearInstruction {
  Instruction instruction;
  double score = 0;  // ROUGE-L's F-measure, as recipe.near_duplicate_words says
};
struct WrittenInstruction {
  Instruction instruction;
  std::vector<NearInstruction> nearest;  // nearest first
  double mean = 0;                       // over all before it
};

// Every instruction that the main arm wrote, in the order of writing. NotFound when the folder holds no run.
Result<void> for_each_written(const Path& run_folder, size_t nearest_count,
                              const std::function<void(const WrittenInstruction&)>& visit);

}  // namespace retort
