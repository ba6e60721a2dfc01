// What a shell may offer after "retort": the commands and their options, as scripts for bash, zsh and fish;
// and the same as a manual page. All told from the list of commands.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace retort {

// InvalidArgument for another shell.
Result<std::string> completion_script(const std::string& shell, const std::vector<Command>& commands);
// retort(1), roff.
std::string manual_page(const std::vector<Command>& commands);

}  // namespace retort
