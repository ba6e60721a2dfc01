// A run as plain text for a terminal or a log: no colours, no control characters, nothing wider than it must
// be. Text of files and models goes through terminal_safe.
#pragma once

#include <string>

#include "serve/run_view.h"

namespace retort {

// One line a round, the control's scores beside the main arm's; what does not exist is "-". Ends in a new
// line; empty before the first round.
std::string rounds_table(const RunView& view);
// What `retort status` prints: state, rounds, calls per role, rows per stage with the reasons of drops.
std::string status_text(const RunView& view);

}  // namespace retort
