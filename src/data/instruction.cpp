#include "data/instruction.h"

#include "base/check.h"

namespace retort {
namespace {

constexpr std::string_view kNames[] = {"seed", "hard", "easy", "same"};

}  // namespace

std::string_view origin_name(Origin origin) { return kNames[static_cast<int>(origin)]; }

Origin parse_origin(std::string_view name) {
  for (int i = 0; i < 4; ++i)
    if (kNames[i] == name) return static_cast<Origin>(i);
  RETORT_CHECK(false, "no origin is called {}", name);
  return Origin::Seed;
}

}  // namespace retort
