// The arithmetic of int8_linear.h. Raw pointers; no torch here. Products of whole numbers are summed exactly
// and scaled in one order, so that what a row gives depends on that row alone, and every path (one for each
// kind of processor) gives the same bits.
#pragma once

#include <cstdint>
#include <span>

#include "nn/bf16.h"

namespace retort {

constexpr int64_t kInt8Group = 64;    // numbers behind one another that share a scale
constexpr int64_t kInt8Columns = 32;  // outputs whose weights lie together

// Rows of x as whole numbers in [-127, 127]; `in` is a multiple of kInt8Group, with zeros behind the end.
struct Int8Rows {
  int8_t* values = nullptr;  // (rows, in)
  float* scales = nullptr;   // (rows, in / kInt8Group)
  int32_t* offsets =
      nullptr;  // the same shape: -128 times the group's sum (a stored weight is 128 too large)
  int64_t rows = 0, in = 0;
};
// A weight in blocks of kInt8Columns outputs; what is missing of the last one is zero.
struct Int8Blocks {
  const uint8_t* values = nullptr;  // (blocks, in / 4, kInt8Columns, 4), each 128 larger than it is
  const float* scales = nullptr;    // (blocks, in / kInt8Group, kInt8Columns)
  int64_t in = 0, out = 0;
};
// Some rows, at most as many as the path takes at once, and one block.
struct Int8Tile {
  const int8_t* x;
  const float* x_scales;
  const int32_t* offsets;
  const uint8_t* weight;
  const float* weight_scales;
  int64_t in;
  int rows;
  float* y;  // (rows, kInt8Columns)
};
struct Int8Path {
  const char* name;
  int rows;
  void (*multiply)(const Int8Tile&);
};
// Those that this processor has: the fastest first, plain C++ last.
std::span<const Int8Path> int8_paths();

// Rows [begin, end) of x (rows, width): each group's largest number becomes 127 or -127.
void quantize_rows(const float* x, int64_t width, const Int8Rows& to, int64_t begin, int64_t end);
void quantize_rows(const Bf16* x, int64_t width, const Int8Rows& to, int64_t begin, int64_t end);

// Where the products go: y (rows, out), rows `stride` apart, and the bias (out) that is added, or none.
template <class T>
struct Int8Out {
  T* y;
  int64_t stride;
  const T* bias;
};
// Blocks [begin, end) of the weight with all rows.
void multiply_blocks(const Int8Path& path, const Int8Rows& x, const Int8Blocks& weight,
                     const Int8Out<float>& to, int64_t begin, int64_t end);
void multiply_blocks(const Int8Path& path, const Int8Rows& x, const Int8Blocks& weight,
                     const Int8Out<Bf16>& to, int64_t begin, int64_t end);

}  // namespace retort
