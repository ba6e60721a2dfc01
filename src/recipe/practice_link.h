// What a run takes from the practice world: seeds, held-out items and kinds, by the run file's dials.
#pragma once

#include <string>
#include <vector>

#include "data/instruction.h"
#include "practice/world.h"
#include "recipe/run_file.h"

namespace retort {

practice::Skew practice_skew(const practice::TeacherOptions& options);
std::vector<practice::Item> practice_seeds(const RunFile& file);  // data.practice_rows of them
std::vector<practice::Item> practice_held_out(
    const RunFile& file);  // eval.practice_per_kind of every kind, when the run has practice rows
// Gives a written instruction its kind: the practice world's own where it understands the text, else the
// parent's when the task is the same, else none.
void give_kind(Instruction& written, const Instruction& parent);

}  // namespace retort
