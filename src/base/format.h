// The one door to fmt (g++ 12 has no std::format): format("{} of {}", 3, "x"), for numbers, texts and
// pointers. Texts are checked against their arguments when compiled; the formatting itself is compiled once,
// in format.cpp, not in every file. libtorch brings another fmt, whose types differ from the system's, so
// format.cpp is compiled a second time in nn, against that one.
#pragma once

#include <string>
#if __has_include(<fmt/base.h>)
#include <fmt/base.h>
#else
#include <fmt/core.h>
#endif

namespace retort {

using fmt::format_string;

std::string format_arguments(fmt::string_view text, fmt::format_args arguments);

template <class... Args>
std::string format(format_string<Args...> text, Args&&... args) {
  return format_arguments(text, fmt::make_format_args(args...));
}

}  // namespace retort
