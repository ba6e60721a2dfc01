#include "base/log.h"

#include <atomic>
#include <cstdio>

namespace retort {
namespace {

std::atomic<LogLevel> threshold{LogLevel::Info};

}  // namespace

void set_log_level(LogLevel level) { threshold = level; }

void log_line(LogLevel level, const std::string& message) {
  if (level < threshold.load() || threshold.load() == LogLevel::Quiet) return;
  // One call, so that lines of several threads do not mix.
  std::fprintf(stderr, "retort: %s%s\n", level == LogLevel::Warning ? "warning: " : "", message.c_str());
}

}  // namespace retort
