// The page as web/ builds it (cmake/web.cmake), embedded in the program: one script and one style sheet,
// which the dashboard and the report share. Both are empty in a program that was built without node.
#pragma once

#include <string>
#include <string_view>

namespace retort {

extern const std::string_view kWebScript;  // an ES module; holds no "</" that would end a script element
extern const std::string_view kWebStyle;

// What to do where the page was not built, one line.
inline constexpr std::string_view kPageNotBuilt =
    "the page was not built into this program: node and npm were missing, or npm could not reach its "
    "registry; "
    "run scripts/setup and build again";

// What a Content-Security-Policy calls an inline script or style: 'sha256-...'.
std::string csp_hash(std::string_view text);

}  // namespace retort
