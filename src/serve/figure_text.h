// How figures are written for people on a terminal.
#pragma once

#include <cstdint>
#include <string>

namespace retort {

std::string decimal(double value, int places);  // "0.412"; never "-0.0"
std::string thousands(int64_t count);           // "12,345"

}  // namespace retort
