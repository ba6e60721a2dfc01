// The practice base: what the demo's student starts from, as real students start from a pre-trained model.
// Multi-task pre-training on operations in a notation of marks, with content and mark scattered among general
// words; it never sees an instruction's wording, and a few skills are left out on purpose
// (specs/practice_world §3). It is not a language model and says so in its own README.
#pragma once

#include <functional>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace retort::practice {

struct BaseOptions {
  uint64_t seed = 1;
  double scale = 1.0;  // of the training steps; 1 makes the base that is in the tree, less is for tests
};
// Trains it from nothing and writes a Hugging Face folder (bf16, at most 2 MB).
Result<void> make_practice_base(const BaseOptions& options, const Path& folder, const Path& work_folder,
                                const std::function<void(const std::string&)>& say);
// Where the base of this installation lies: $RETORT_SHARE/practice_base, beside the program, or in the source
// tree. NotFound says how to make it.
Result<Path> practice_base_folder();

}  // namespace retort::practice
