// The runs beside one: what there is to compare.
#pragma once

#include "base/file.h"
#include "base/json.h"

namespace retort {

// Every run folder in the same parent, by name, this one included: [{"name", "recipe", "state", "money",
// "arms": [{"name", "rounds": [...]}]}]; one that cannot be read is {"name", "error"}.
Json runs_beside(const Path& folder);

}  // namespace retort
