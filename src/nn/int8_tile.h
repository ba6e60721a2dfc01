// One tile of an int8 product, over the instructions that the file which includes this one gives. For the
// files int8_tile_*.cpp alone: each compiles it for another kind of processor, hence the unnamed namespace.
//
// `Isa` has a vector of kLanes outputs: Sums of whole numbers, Numbers; kVectors of them are a block.
#pragma once

#include "nn/int8_kernel.h"

namespace retort {
namespace {

template <class Isa, int kRows>
void multiply_rows_of(const Int8Tile& t) {
  constexpr int kLanesHere = kInt8Columns / Isa::kVectors;
  constexpr int64_t kQuads = kInt8Group / 4;
  const int64_t groups = t.in / kInt8Group;
  typename Isa::Numbers totals[kRows][Isa::kVectors] = {};
  for (int64_t g = 0; g < groups; ++g) {
    typename Isa::Sums sums[kRows][Isa::kVectors];
    RETORT_EACH(r, kRows) {
      RETORT_EACH(v, Isa::kVectors) { sums[r][v] = Isa::all(t.offsets[r * groups + g]); }
    }
    const uint8_t* weight = t.weight + g * kInt8Group * kInt8Columns;
    const int8_t* x = t.x + g * kInt8Group;
#pragma GCC unroll 16
    for (int64_t k = 0; k < kQuads; ++k) {
      typename Isa::Weights weights[Isa::kVectors];
      RETORT_EACH(v, Isa::kVectors) {
        weights[v] = Isa::weights(weight + (k * kInt8Columns + v * kLanesHere) * 4);
      }
      RETORT_EACH(r, kRows) {
        const typename Isa::Inputs inputs = Isa::inputs(x + r * t.in + 4 * k);
        RETORT_EACH(v, Isa::kVectors) { sums[r][v] = Isa::add(sums[r][v], weights[v], inputs); }
      }
    }
    RETORT_EACH(r, kRows) {
      RETORT_EACH(v, Isa::kVectors) {
        totals[r][v] = Isa::add_scaled(totals[r][v], sums[r][v], t.x_scales[r * groups + g],
                                       t.weight_scales + g * kInt8Columns + v * kLanesHere);
      }
    }
  }
  RETORT_EACH(r, kRows) {
    RETORT_EACH(v, Isa::kVectors) {
      std::memcpy(t.y + r * kInt8Columns + v * kLanesHere, &totals[r][v], sizeof totals[r][v]);
    }
  }
}

}  // namespace
}  // namespace retort
