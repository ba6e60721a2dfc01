// Whether what is written to a terminal may be coloured: only where there is a terminal that knows how, and
// the user has not said otherwise (NO_COLOR, TERM=dumb).
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace retort {

inline bool is_terminal(int descriptor) { return ::isatty(descriptor) != 0; }

inline bool wants_colours(int descriptor) {
  const char* no = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return is_terminal(descriptor) && (no == nullptr || *no == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace retort
