// The tiles of int8_tile_*.cpp, and whether this compiler makes them.
#pragma once

#include "nn/int8_kernel.h"

#if defined(__x86_64__) && !defined(__clang__)
#define RETORT_HAS_INT8_TILES 1

namespace retort {

void multiply_tile_avx512_vnni(const Int8Tile& tile);  // at most 6 rows
void multiply_tile_avx_vnni(const Int8Tile& tile);     // at most 2 rows
void multiply_tile_avx2(const Int8Tile& tile);         // at most 2 rows

}  // namespace retort
#else
#define RETORT_HAS_INT8_TILES 0
#endif
