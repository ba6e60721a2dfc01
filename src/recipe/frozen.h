// A run folder's frozen run file: written once, compared ever after, so that a run that goes on is the run
// that began (DESIGN §3).
#pragma once

#include "recipe/run_file.h"

namespace retort {

// Writes run.toml on the first start. Later: Mismatch when a value differs that may not change, naming it; a
// change that is allowed (addresses, keys, devices, limits) is written down at the top of run.toml with its
// date.
Result<void> freeze(const RunFile& file, const Path& folder);
// Writes run.toml anew, whatever it held: for a run in which nothing has been done yet.
Result<void> freeze_anew(const RunFile& file, const Path& folder);
Result<RunFile> load_frozen(const Path& folder);

}  // namespace retort
