// UTF-8: validation, repair, stepping over code points, and making untrusted text safe for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

// True when `bytes` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool valid_utf8(std::string_view bytes);
// Each maximal ill-formed part becomes one U+FFFD (Unicode 3.9, as Python and Rust do it).
std::string replace_invalid_utf8(std::string_view bytes);
// Length in bytes of the well-formed code point at the front of `bytes` (1-4), or 0 when there is none.
int utf8_length(std::string_view bytes);
// Bytes of the ill-formed part at the front: the start of a character that does not go on, or one byte.
// Requires bytes that are not empty and utf8_length(bytes) == 0.
size_t ill_formed_length(std::string_view bytes);
// The code point at the front; requires utf8_length(bytes) > 0.
uint32_t utf8_decode(std::string_view bytes);
void utf8_append(uint32_t code_point, std::string& out);
// For printing what a model wrote: control characters, escapes and bidirectional overrides become visible
// (\x1b, \u202e); new lines and tabs become \n and \t; cut to `width_max` code points with "…".
std::string terminal_safe(std::string_view text, size_t width_max = SIZE_MAX);

}  // namespace retort
