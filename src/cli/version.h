// The program's version, as CMakeLists.txt has it (project(retort VERSION ...)): the one place where it is
// set.
#pragma once

#include <string_view>

namespace retort {

// "0.1.0".
std::string_view program_version();

}  // namespace retort
