// The graceful stop: SIGINT and SIGTERM set a flag; long loops ask for it between items, let what is in
// flight land in the store, and throw RunError(Interrupted). A second signal ends the process at once.
#pragma once

namespace retort {

void install_stop_signals();
bool stop_requested();
// Throws RunError(Interrupted) when a stop was requested.
void throw_if_stopped();

}  // namespace retort
