// The one door to zstd: the bodies of calls, packed when that pays. A packed body is one byte that says how
// (0: as it is, 1: zstd) and the rest; it is bound by `kBodyBytesMax` once unpacked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace retort {

constexpr size_t kBodyBytesMax = size_t{1} << 30;

std::string pack_body(std::string_view body);
// Malformed when these bytes are no packed body (damaged, or written by a newer program).
Result<std::string> unpack_body(std::string_view packed);

}  // namespace retort
