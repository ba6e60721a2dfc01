// Stages stream: they take ids a chunk at a time, so that a pool of millions is never in memory as text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace retort {

// Large enough to keep an endpoint busy, small enough to hold.
inline constexpr size_t kChunkIds = 4'096;

template <class Body>
void for_each_chunk(const std::vector<int64_t>& ids, Body body) {
  for (size_t begin = 0; begin < ids.size(); begin += kChunkIds)
    body(std::span<const int64_t>(ids).subspan(begin, std::min(kChunkIds, ids.size() - begin)));
}

}  // namespace retort
