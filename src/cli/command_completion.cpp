// `retort completion SHELL` and `retort man`: what a packager installs beside the program, told by itself.
#include <cstdio>

#include "cli/command.h"
#include "cli/shell_completion.h"

namespace retort {

Command completion_command(const std::vector<Command>& all) {
  static std::string shell;
  return {.name = "completion",
          .doc = "Print a shell's completion script",
          .flags = {{"shell", "bash, zsh or fish", &shell, Flag::Need::Required}},
          .run = [&all] {
            std::fputs(or_throw(completion_script(shell, all)).c_str(), stdout);
            return 0;
          }};
}

Command man_command(const std::vector<Command>& all) {
  return {.name = "man", .doc = "Print the manual page, for man -l -", .flags = {}, .run = [&all] {
            std::fputs(manual_page(all).c_str(), stdout);
            return 0;
          }};
}

}  // namespace retort
