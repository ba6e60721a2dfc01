#include "nn/int8_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/int8_tile_paths.h"

namespace retort {
namespace {

constexpr int kTileRowsMax = 8;
// Rows of x that stay in the second-level cache while the weight's blocks pass by.
constexpr int64_t kRowsTogether = 192;

void multiply_tile_plain(const Int8Tile& t) {
  const int64_t groups = t.in / kInt8Group;
  for (int r = 0; r < t.rows; ++r)
    for (int64_t o = 0; o < kInt8Columns; ++o) {
      float total = 0;
      for (int64_t g = 0; g < groups; ++g) {
        int32_t sum = t.offsets[r * groups + g];
        for (int64_t i = g * kInt8Group; i < (g + 1) * kInt8Group; ++i)
          sum += t.weight[(i / 4 * kInt8Columns + o) * 4 + i % 4] * t.x[r * t.in + i];
        const float scale = t.x_scales[r * groups + g] * t.weight_scales[g * kInt8Columns + o];
        total = std::fma(static_cast<float>(sum), scale, total);
      }
      t.y[r * kInt8Columns + o] = total;
    }
}

std::vector<Int8Path> find_paths() {
  std::vector<Int8Path> paths;
#if RETORT_HAS_INT8_TILES
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw"))
    paths.push_back({"AVX512-VNNI", 6, multiply_tile_avx512_vnni});
  if (__builtin_cpu_supports("avxvnni")) paths.push_back({"AVX-VNNI", 2, multiply_tile_avx_vnni});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    paths.push_back({"AVX2", 2, multiply_tile_avx2});
#endif
  paths.push_back({"plain C++", 4, multiply_tile_plain});
  return paths;
}

// One group of a row: `count` numbers, fewer than kInt8Group at a row's end.
template <class T>
RETORT_INLINE void quantize_group(const T* x, int64_t count, int8_t* values, float& scale, int32_t& offset) {
  constexpr int kVectors = kInt8Group / kLanes;
  T padded[kInt8Group] = {};
  if (count < kInt8Group) {
    std::copy_n(x, count, padded);
    x = padded;
  }
  Floats numbers[kVectors], most = {};
  RETORT_EACH(v, kVectors) {
    numbers[v] = load(x + v * kLanes);
    const Floats size = numbers[v] < 0.0f ? -numbers[v] : numbers[v];
    most = size > most ? size : most;
  }
  const float largest = max_of(most);
  scale = largest / 127;
  const float inverse = largest > 0 ? 127 / largest : 0;
  Ints sums = {};
  RETORT_EACH(v, kVectors) {
    // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    const Floats whole = (numbers[v] * inverse + 12582912.0f) - 12582912.0f;
    const Ints ints = __builtin_convertvector(whole, Ints);
    sums += ints;
    typedef int8_t Bytes __attribute__((vector_size(16)));
    const Bytes bytes = __builtin_convertvector(ints, Bytes);
    std::memcpy(values + v * kLanes, &bytes, sizeof bytes);
  }
  int32_t sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += sums[i];
  offset = -128 * sum;
}

template <class T>
RETORT_INLINE void quantize_any(const T* x, int64_t width, const Int8Rows& to, int64_t begin, int64_t end) {
  const int64_t groups = to.in / kInt8Group;
  for (int64_t n = begin; n < end; ++n)
    for (int64_t g = 0; g < groups; ++g)
      quantize_group(x + n * width + g * kInt8Group, std::min(kInt8Group, width - g * kInt8Group),
                     to.values + n * to.in + g * kInt8Group, to.scales[n * groups + g],
                     to.offsets[n * groups + g]);
}

// Columns [first, first + count) of a tile's rows, the bias added, in the type of y.
template <class T>
RETORT_INLINE void write_tile(const float* tile, int rows, const Int8Out<T>& to, int64_t row, int64_t first,
                              int64_t count) {
  for (int r = 0; r < rows; ++r)
    for (int64_t i = 0; i < count; i += kLanes) {
      T* y = to.y + (row + r) * to.stride + first + i;
      const int64_t left = count - i;
      Floats numbers = load(tile + r * kInt8Columns + i);
      if (to.bias != nullptr)
        numbers += left < kLanes ? load_part(to.bias + first + i, left) : load(to.bias + first + i);
      if (left < kLanes)
        store_part(y, numbers, left);
      else
        store(y, numbers);
    }
}

template <class T>
RETORT_INLINE void multiply_any(const Int8Path& path, const Int8Rows& x, const Int8Blocks& weight,
                                const Int8Out<T>& to, int64_t begin, int64_t end) {
  const int64_t groups = x.in / kInt8Group;
  float y[kTileRowsMax * kInt8Columns];
  for (int64_t from = 0; from < x.rows; from += kRowsTogether)
    for (int64_t block = begin; block < end; ++block) {
      const int64_t rows_end = std::min(from + kRowsTogether, x.rows), first = block * kInt8Columns;
      for (int64_t row = from; row < rows_end; row += path.rows) {
        const int rows = static_cast<int>(std::min<int64_t>(path.rows, rows_end - row));
        path.multiply({x.values + row * x.in, x.scales + row * groups, x.offsets + row * groups,
                       weight.values + first * x.in, weight.scales + first * groups, x.in, rows, y});
        write_tile(y, rows, to, row, first, std::min(kInt8Columns, weight.out - first));
      }
    }
}

}  // namespace

std::span<const Int8Path> int8_paths() {
  static const std::vector<Int8Path> paths = find_paths();
  return paths;
}

RETORT_CLONES void quantize_rows(const float* x, int64_t width, const Int8Rows& to, int64_t begin,
                                 int64_t end) {
  quantize_any(x, width, to, begin, end);
}
RETORT_CLONES void quantize_rows(const Bf16* x, int64_t width, const Int8Rows& to, int64_t begin,
                                 int64_t end) {
  quantize_any(x, width, to, begin, end);
}

RETORT_CLONES void multiply_blocks(const Int8Path& path, const Int8Rows& x, const Int8Blocks& weight,
                                   const Int8Out<float>& to, int64_t begin, int64_t end) {
  multiply_any(path, x, weight, to, begin, end);
}
RETORT_CLONES void multiply_blocks(const Int8Path& path, const Int8Rows& x, const Int8Blocks& weight,
                                   const Int8Out<Bf16>& to, int64_t begin, int64_t end) {
  multiply_any(path, x, weight, to, begin, end);
}

}  // namespace retort
