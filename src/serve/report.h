// The report of a run: one HTML file without script, fonts or addresses; a reader needs nothing but the file.
// All text of models and files goes through escape_html (serve/html.h lets no other way in).
#pragma once

#include <string>

#include "serve/run_view.h"

namespace retort {

// `view` was read with Detail::Evidence.
std::string report_html(const RunView& view);

}  // namespace retort
