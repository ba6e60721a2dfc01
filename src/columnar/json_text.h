// Values as JSON text, appended: what the Parquet module gives its rows out as. Strings pass as they are,
// well-formed or not: who parses the text checks it.
#pragma once

#include <string>
#include <string_view>

namespace retort {

void append_json_string(std::string_view bytes, std::string& out);
// The shortest text that reads back to the same double, never an integer's ("1.0"); null where it is not
// finite.
void append_json_double(double value, std::string& out);

}  // namespace retort
