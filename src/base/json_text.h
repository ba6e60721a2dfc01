// Values as JSON text, appended: how Json::dump writes them, and the Parquet module its rows. What is hashed
// (a request's canonical form) is made of these bytes, so their form never changes. Strings pass as they
// are, well-formed or not: the caller checks.
#pragma once

#include <string>
#include <string_view>

namespace retort {

// Quotes, backslash, \n, \r and \t have their short form, other controls \u00xx; all else stays as it is.
void append_json_string(std::string_view bytes, std::string& out);
// The shortest text that reads back to the same double, never an integer's ("1.0"); null where it is not
// finite.
void append_json_double(double value, std::string& out);

}  // namespace retort
