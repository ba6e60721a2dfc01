// Runs a stranger's Python program in bubblewrap: no network, no files but the system's own (read only) and
// an empty /tmp, one processor second times `seconds`, 1 GiB. The program comes by standard input and is
// never an argument, a path or a shell word.
#pragma once

#include <optional>
#include <string>

namespace retort {

// Whether `bwrap` is installed and may make its namespaces here.
bool sandbox_works();
// Nothing when it ended with 0, else what went wrong ("exit 1", "longer than 5 s", "killed by signal 9").
std::optional<std::string> run_python(const std::string& program, double seconds);

}  // namespace retort
