// Values that may be missing, as the dashboard's JSON writes them.
#pragma once

#include <optional>

#include "base/json.h"
#include "eval/interval.h"

namespace retort {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// [value, low, high] or null.
inline Json estimate_array(const std::optional<Estimate>& e) {
  return e ? Json::array().push(e->value).push(e->low).push(e->high) : Json();
}

}  // namespace retort
