#include "data/answer.h"

namespace retort {
namespace {

constexpr std::string_view kNames[] = {"stop", "length", "content_filter", "other"};

}  // namespace

std::string_view finish_name(Finish finish) { return kNames[static_cast<int>(finish)]; }

Finish parse_finish(std::string_view name) {
  for (int i = 0; i < 3; ++i)
    if (kNames[i] == name) return static_cast<Finish>(i);
  return Finish::Other;
}

}  // namespace retort
