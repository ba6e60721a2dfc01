// Stages stream: they take ids a chunk at a time, so that a pool of millions is never in memory as text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace retort {

// Large enough to keep an endpoint busy, small enough to hold.
inline constexpr size_t kChunkIds = 4'096;

// `ids` in pieces of `size`, the last one shorter; no ids are one empty piece.
inline std::vector<std::span<const int64_t>> pieces_of(std::span<const int64_t> ids, size_t size) {
  std::vector<std::span<const int64_t>> pieces;
  do {
    const size_t begin = size * pieces.size();
    pieces.push_back(ids.subspan(begin, std::min(size, ids.size() - begin)));
  } while (size * pieces.size() < ids.size());
  return pieces;
}

template <class Body>
void for_each_chunk(const std::vector<int64_t>& ids, Body body) {
  if (ids.empty()) return;
  for (std::span<const int64_t> chunk : pieces_of(ids, kChunkIds)) body(chunk);
}

}  // namespace retort
