#include "roles/fence.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"

namespace retort {

std::string fence_mark(std::string_view name, std::span<const std::string_view> fenced) {
  for (int attempt = 0;; ++attempt) {
    std::string mark = sha256_hex(format("{}/{}", name, attempt)).substr(0, 16);
    const bool taken = std::any_of(fenced.begin(), fenced.end(),
                                   [&](std::string_view text) { return text.find(mark) != text.npos; });
    if (!taken) return mark;
  }
}

}  // namespace retort
