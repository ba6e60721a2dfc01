// The one door to toml++: TOML text in, Json out (dates become strings).
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace retort {

// Malformed with file, line, column and toml++'s own explanation.
Result<Json> parse_toml(std::string_view text, const std::string& file);

}  // namespace retort
