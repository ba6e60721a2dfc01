#include "base/stop.h"

#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/error.h"

namespace retort {
namespace {

volatile std::sig_atomic_t requested = 0;
thread_local std::stop_token order;

void on_signal(int signal) {
  if (requested) std::_Exit(128 + signal);
  requested = 1;
}

}  // namespace

void install_stop_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  if (std::signal(SIGHUP, on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // under nohup
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // the write fails instead, and says why
}

bool stop_requested() { return requested != 0; }

void forget_stop_request() { requested = 0; }

std::stop_token work_order() { return order; }

WorkingFor::WorkingFor(std::stop_token now) : before_(std::exchange(order, std::move(now))) {}
WorkingFor::~WorkingFor() { order = std::move(before_); }

void throw_if_stopped() {
  if (stop_requested() || order.stop_requested())
    throw RunError(ErrorCode::Interrupted,
                   "stopped; everything paid for is stored, run the same command to go on");
}

}  // namespace retort
