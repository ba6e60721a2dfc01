// The sections of the report, one function each; empty where the run has nothing for it.
#pragma once

#include "serve/html.h"
#include "serve/run_view.h"

namespace retort {

Html learning_section(const RunView& view);  // curves, the difference between the arms, the rounds as a table
Html skills_section(const RunView& view);    // kinds × rounds
Html referee_section(const RunView& view);   // gaps, threshold, sweep
Html pool_section(const RunView& view);      // what was written about
Html accounts_section(const RunView& view);  // calls, tokens, rows, drops
Html samples_section(const RunView& view);   // instructions with both answers and both verdicts

}  // namespace retort
