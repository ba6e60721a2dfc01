// RETORT_CHECK: for what cannot happen unless our code is wrong. On in release builds. It prints the
// condition, the message and the place, and aborts. For the world's failures use Result (result.h);
// for what ends a run, RunError (error.h).
#pragma once

#include <string>

#include "base/format.h"

namespace retort {

[[noreturn]] void fail_check(const char* condition, const char* file, int line, const std::string& message);

}  // namespace retort

#define RETORT_CHECK(condition, ...)                                                          \
  do {                                                                                        \
    if (!(condition)) [[unlikely]]                                                            \
      ::retort::fail_check(#condition, __FILE__, __LINE__, ::retort::format("" __VA_ARGS__)); \
  } while (false)
