// What `retort init` writes: a run file to begin with.
#pragma once

#include <string>

#include "recipe/run_file.h"

namespace retort {

// The recipe's or the preset's numbers, with OpenAI's API as the teacher, a file of instructions and a small
// model of the hub as the student where the preset names none of its own. Throws RunError.
RunFile starter_run_file(const std::string& recipe, const std::string& preset);
// Commented texts that read back to the file: of every key, or of those that most runs set and those that
// differ from what reading the text without them would give.
std::string full_text(const RunFile& file);
std::string short_text(const RunFile& file);

}  // namespace retort
