// What the student was trained on, as it saw it: examples of a round through the checkpoint's own template
// and tokenizer, token by token, with where the loss fell.
#pragma once

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"
#include "store/sqlite.h"

namespace retort {

// `stage` is an "imitate" ("imitate_2", "control/imitate_2"). [{"id", "tokens": [[text, in_loss], ...]}], at
// most `count` examples, the first ones of those that the round's "teach" answered. NotFound when the
// checkpoint is not (or no longer) there; else as the tokenizer and the template fail.
Result<Json> training_examples(Database& database, const Path& folder, const std::string& stage,
                               int64_t count);

}  // namespace retort
