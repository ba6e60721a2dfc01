// The report of a run: one HTML file that holds its figures, a sample of what was said, and the dashboard's
// own script and style, so that both draw the same. It loads nothing, and its policy lets nothing else run.
// All text of models and files lies in a block of JSON that no text can end.
#pragma once

#include <string>

#include "serve/run_view.h"

namespace retort {

// `view` was read with Detail::Evidence. NotFound where the page was not built into the program
// (serve/web_page.h), with what to do.
Result<std::string> report_html(const RunView& view);

}  // namespace retort
