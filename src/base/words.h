// Words and white space as Python's str.split() and str.strip() see them, because the papers' reference code
// counts and strips with those.
#pragma once

#include <cstddef>
#include <string_view>

namespace retort {

// Runs of characters that are no white space. Ill-formed bytes count as characters.
size_t word_count(std::string_view text);
// Without white space at both ends.
std::string_view trim(std::string_view text);
std::string_view trim_end(std::string_view text);

}  // namespace retort
