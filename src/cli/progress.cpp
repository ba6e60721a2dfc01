#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>

#include "base/clock.h"

namespace retort {
namespace {

std::string duration(int64_t ms) {
  const int64_t seconds = ms / 1'000;
  if (seconds < 90) return format("{} s", seconds);
  if (seconds < 5'400) return format("{} min", (seconds + 30) / 60);
  return format("{:.1f} h", static_cast<double>(seconds) / 3'600);
}

}  // namespace

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) != 0) {}
ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (moving_) std::fputs("\r\x1b[K", stderr);
  moving_ = false;
}

void ProgressLine::say(const std::string& line) {
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressLine::show(const StageProgress& p) {
  const int64_t now = system_clock().monotonic_ms();
  const auto [began, is_new] = began_ms_.try_emplace(p.stage, now);
  if (is_new) shown_ms_ = 0;
  const int64_t spent = now - began->second;
  if (p.detail == "done") {
    began_ms_.erase(began);
    std::string line =
        format("{:<22} {:>8} rows  {:>7.1f} s", p.stage, p.all, static_cast<double>(spent) / 1'000);
    say(p.spent.empty() ? line : line + "  " + p.spent);
    return;
  }
  if (!terminal_ || now - shown_ms_ < 200) return;
  shown_ms_ = now;
  std::string line = format("{:<22} {:>8} of {}", p.stage, p.done, p.all);
  if (p.done > 0 && p.all > p.done && spent > 1'000)
    line += format("  {:.0f}/s  {} left", 1'000.0 * static_cast<double>(p.done) / static_cast<double>(spent),
                   duration(spent * (p.all - p.done) / p.done));
  if (!p.detail.empty()) line += "  " + p.detail;
  if (!p.spent.empty()) line += "  " + p.spent;
  std::fprintf(stderr, "\r\x1b[K%s", line.substr(0, 110).c_str());
  std::fflush(stderr);
  moving_ = true;
}

}  // namespace retort
