#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace retort {

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
  std::fprintf(stderr, "retort: bug: %s:%d: check failed: %s%s%s\n", file, line, condition,
               message.empty() ? "" : ": ", message.c_str());
  std::abort();
}

}  // namespace retort
