#include "data/instruction.h"

#include "base/check.h"

namespace retort {
namespace {

constexpr std::string_view kOrigins[] = {"seed", "hard", "easy", "same"};
constexpr std::string_view kKindSources[] = {"unknown", "row", "parent", "practice", "classifier", "local"};

template <class Value, size_t kCount>
Value parse(std::string_view name, const std::string_view (&names)[kCount]) {
  size_t i = 0;
  while (i < kCount && names[i] != name) ++i;
  RETORT_CHECK(i < kCount, "none is called {}", name);
  return static_cast<Value>(i);
}

}  // namespace

std::string_view origin_name(Origin origin) { return kOrigins[static_cast<int>(origin)]; }
Origin parse_origin(std::string_view name) { return parse<Origin>(name, kOrigins); }

std::string_view kind_source_name(KindSource source) { return kKindSources[static_cast<int>(source)]; }
KindSource parse_kind_source(std::string_view name) { return parse<KindSource>(name, kKindSources); }

}  // namespace retort
