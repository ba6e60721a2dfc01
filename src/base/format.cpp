// fmt is compiled into this file and hides there: libtorch's own, linked, would clash.
#define FMT_HEADER_ONLY
#include "base/format.h"

#include <fmt/format.h>

namespace retort {

std::string format_arguments(fmt::string_view text, fmt::format_args arguments) {
  return fmt::vformat(text, arguments);
}

}  // namespace retort
