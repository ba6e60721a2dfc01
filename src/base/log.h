// The log: one line to standard error, "retort: ..." with a level. Nothing secret goes through it, and what a
// model wrote goes through terminal_safe first. Progress and tables are the business of src/cli.
#pragma once

#include <string>

#include "base/format.h"

namespace retort {

enum class LogLevel { Debug, Info, Warning, Quiet };

// Lines below this level are dropped; Info at the start. Quiet drops all.
void set_log_level(LogLevel level);
void log_line(LogLevel level, const std::string& message);

template <class... Args>
void log_info(format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::Info, retort::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::Warning, retort::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(format_string<Args...> text, Args&&... args) {
  log_line(LogLevel::Debug, retort::format(text, std::forward<Args>(args)...));
}

}  // namespace retort
