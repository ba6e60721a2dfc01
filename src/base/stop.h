// The graceful stop: SIGINT, SIGTERM and SIGHUP set a flag; long loops ask for it between items, let what is
// in flight land in the store, and throw RunError(Interrupted). A second signal ends the process at once.
#pragma once

namespace retort {

void install_stop_signals();
bool stop_requested();
// For tests that ask for a stop: what follows in the same process starts without one.
void forget_stop_request();
// Throws RunError(Interrupted) when a stop was requested.
void throw_if_stopped();

}  // namespace retort
