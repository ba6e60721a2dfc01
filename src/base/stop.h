// The graceful stop: SIGINT, SIGTERM and SIGHUP set a flag; long loops ask for it between items, let what is
// in flight land in the store, and throw RunError(Interrupted). A second signal ends the process at once.
#pragma once

#include <stop_token>

namespace retort {

void install_stop_signals();
bool stop_requested();
// For tests that ask for a stop: what follows in the same process starts without one.
void forget_stop_request();
// Throws RunError(Interrupted) when a stop was requested, or the order that this thread works for withdrawn.
void throw_if_stopped();

// Work for another thread, wanted as long as this lives.
class WorkOrder {
 public:
  WorkOrder() = default;
  WorkOrder(WorkOrder&&) = default;
  WorkOrder& operator=(WorkOrder&&) = delete;  // it would forget an order that someone works for
  ~WorkOrder() { source_.request_stop(); }
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
};

// The order that this thread works for, for the threads it starts in turn; never stopped where there is none.
std::stop_token work_order();
// Makes it the thread's as long as this lives.
class WorkingFor {
 public:
  explicit WorkingFor(std::stop_token order);
  ~WorkingFor();
  WorkingFor(const WorkingFor&) = delete;
  WorkingFor& operator=(const WorkingFor&) = delete;

 private:
  std::stop_token before_;
};

}  // namespace retort
