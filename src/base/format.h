// The one door to fmt (g++ 12 has no std::format): format("{} of {}", 3, "x"). Header-only on purpose:
// libtorch brings another fmt, and a linked one would clash.
#pragma once

#ifndef FMT_HEADER_ONLY
#define FMT_HEADER_ONLY
#endif
#include <fmt/format.h>

namespace retort {

using fmt::format;

}  // namespace retort
