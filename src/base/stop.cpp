#include "base/stop.h"

#include <csignal>
#include <cstdlib>

#include "base/error.h"

namespace retort {
namespace {

volatile std::sig_atomic_t requested = 0;

void on_signal(int signal) {
  if (requested) std::_Exit(128 + signal);
  requested = 1;
}

}  // namespace

void install_stop_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return requested != 0; }

void forget_stop_request() { requested = 0; }

void throw_if_stopped() {
  if (stop_requested())
    throw RunError(ErrorCode::Interrupted,
                   "stopped; everything paid for is stored, run the same command to go on");
}

}  // namespace retort
