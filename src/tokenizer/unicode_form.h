// Unicode's canonical forms (UAX #15) and lower case, as Hugging Face's `tokenizers` makes them: its library
// knows the marks of an older Unicode, so the tables are asked of it (make_unicode_ranges.py).
#pragma once

#include <string>
#include <string_view>

namespace retort {

// Decomposed, and composed again: "e" + U+0301 becomes "é". Requires valid UTF-8, as the others do.
std::string to_nfc(std::string_view text);
std::string to_nfd(std::string_view text);
// Each character lowered by itself.
std::string to_lower(std::string_view text);

}  // namespace retort
