#include "nn/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "nn/vector.h"

namespace retort {
namespace {

constexpr int64_t kBlock = 16;   // queries whose scores are in memory at once
constexpr int64_t kQueries = 4;  // queries that share a loaded key; kBlock is a multiple

RETORT_INLINE int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// Scratch that a thread keeps: matrices of one head, rows padded to whole vectors with zeros.
struct Scratch {
  std::vector<float> floats;
  float* take(int64_t count) {
    float* at = floats.data() + used;
    used += round_up(count, kLanes);
    return at;
  }
  void reset(int64_t count) {
    if (static_cast<int64_t>(floats.size()) < count) floats.resize(static_cast<size_t>(count));
    used = 0;
  }
  int64_t used = 0;
};
thread_local Scratch scratch;

// E: the padded head width in vectors. Rows: document tokens, padded to whole blocks.
struct Sizes {
  int64_t tokens, rows, width, padded_width;
};

// to (rows, padded width) = rotated source rows * scale; source rows are `stride` apart.
RETORT_INLINE void pack_rotated(const float* from, int64_t stride, const float* cos, const float* sin,
                                float scale, const Sizes& sizes, float* to) {
  int64_t half = sizes.width / 2;
  for (int64_t t = 0; t < sizes.tokens; ++t) {
    const float *x = from + t * stride, *c = cos + t * half, *s = sin + t * half;
    float* y = to + t * sizes.padded_width;
    int64_t i = 0;
    for (; i + kLanes <= half; i += kLanes) {
      Floats a = load(x + i), b = load(x + half + i), u = load(c + i), v = load(s + i);
      store(y + i, (a * u - b * v) * scale);
      store(y + half + i, (b * u + a * v) * scale);
    }
    for (; i < half; ++i) {
      y[i] = (x[i] * c[i] - x[half + i] * s[i]) * scale;
      y[half + i] = (x[half + i] * c[i] + x[i] * s[i]) * scale;
    }
    for (i = sizes.width; i < sizes.padded_width; ++i) y[i] = 0;
  }
  std::fill(to + sizes.tokens * sizes.padded_width, to + sizes.rows * sizes.padded_width, 0.0f);
}

// The way back: gradients of the rotated rows become gradients of the source rows.
RETORT_INLINE void unpack_rotated(const float* from, const float* cos, const float* sin, float scale,
                                  const Sizes& sizes, float* to, int64_t stride) {
  int64_t half = sizes.width / 2;
  for (int64_t t = 0; t < sizes.tokens; ++t) {
    const float *x = from + t * sizes.padded_width, *c = cos + t * half, *s = sin + t * half;
    float* y = to + t * stride;
    int64_t i = 0;
    for (; i + kLanes <= half; i += kLanes) {
      Floats a = load(x + i), b = load(x + half + i), u = load(c + i), v = load(s + i);
      store(y + i, (a * u + b * v) * scale);
      store(y + half + i, (b * u - a * v) * scale);
    }
    for (; i < half; ++i) {
      y[i] = (x[i] * c[i] + x[half + i] * s[i]) * scale;
      y[half + i] = (x[half + i] * c[i] - x[i] * s[i]) * scale;
    }
  }
}

RETORT_INLINE void pack(const float* from, int64_t stride, const Sizes& sizes, float* to) {
  for (int64_t t = 0; t < sizes.rows; ++t) {
    float* y = to + t * sizes.padded_width;
    int64_t width = t < sizes.tokens ? sizes.width : 0;
    if (width > 0) std::memcpy(y, from + t * stride, static_cast<size_t>(width) * sizeof(float));
    for (int64_t i = width; i < sizes.padded_width; ++i) y[i] = 0;
  }
}

// from (rows, padded width) to (width, rows).
RETORT_INLINE void transpose(const float* from, const Sizes& sizes, float* to) {
  for (int64_t t = 0; t < sizes.rows; ++t)
    for (int64_t e = 0; e < sizes.width; ++e) to[e * sizes.rows + t] = from[t * sizes.padded_width + e];
}

// scores (kBlock, rows) = x (kBlock, padded width) times keys^T (width, rows), for the first `count` keys
// rounded up to whole vectors.
RETORT_INLINE void multiply_keys(const float* x, const float* keys_transposed, int64_t count,
                                 const Sizes& sizes, float* scores) {
  for (int64_t q = 0; q < kBlock; q += kQueries)
    for (int64_t s = 0; s < count; s += kLanes) {
      Floats sums[kQueries] = {};
      for (int64_t e = 0; e < sizes.width; ++e) {
        Floats key = load(keys_transposed + e * sizes.rows + s);
        for (int64_t i = 0; i < kQueries; ++i) sums[i] += x[(q + i) * sizes.padded_width + e] * key;
      }
      for (int64_t i = 0; i < kQueries; ++i) store(scores + (q + i) * sizes.rows + s, sums[i]);
    }
}

// y (kBlock, padded width) = weights (kBlock, rows) times values (rows, padded width), over the first `count`
// rows.
template <int kVectors>
RETORT_INLINE void multiply_values(const float* weights, const float* values, int64_t count,
                                   const Sizes& sizes, float* y) {
  constexpr int64_t kTogether = kVectors > 2 ? 2 : 4;
  for (int64_t q = 0; q < kBlock; q += kTogether) {
    Floats sums[kTogether][kVectors] = {};
    for (int64_t s = 0; s < count; ++s)
      for (int v = 0; v < kVectors; ++v) {
        Floats value = load(values + s * sizes.padded_width + v * kLanes);
        for (int64_t i = 0; i < kTogether; ++i) sums[i][v] += weights[(q + i) * sizes.rows + s] * value;
      }
    for (int64_t i = 0; i < kTogether; ++i)
      for (int v = 0; v < kVectors; ++v) store(y + (q + i) * sizes.padded_width + v * kLanes, sums[i][v]);
  }
}

// y (rows, padded width) += weights^T (rows, kBlock) times x (kBlock, padded width), for the first `count`
// rows rounded up to whole vectors.
template <int kVectors>
RETORT_INLINE void add_transposed_product(const float* weights, const float* x, int64_t count,
                                          const Sizes& sizes, float* y) {
  constexpr int64_t kTogether = kVectors > 2 ? 2 : 4;
  for (int64_t s = 0; s < count; s += kTogether) {
    Floats sums[kTogether][kVectors];
    for (int64_t i = 0; i < kTogether; ++i)
      for (int v = 0; v < kVectors; ++v) sums[i][v] = load(y + (s + i) * sizes.padded_width + v * kLanes);
    for (int64_t q = 0; q < kBlock; ++q)
      for (int v = 0; v < kVectors; ++v) {
        Floats value = load(x + q * sizes.padded_width + v * kLanes);
        for (int64_t i = 0; i < kTogether; ++i) sums[i][v] += weights[q * sizes.rows + s + i] * value;
      }
    for (int64_t i = 0; i < kTogether; ++i)
      for (int v = 0; v < kVectors; ++v) store(y + (s + i) * sizes.padded_width + v * kLanes, sums[i][v]);
  }
}

const Floats kCount = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// A row of scores becomes weights e^(score - shift) up to and with the query's own place, zeros behind it;
// the sum of the weights is returned.
RETORT_INLINE float weigh(float* scores, int64_t place, int64_t count, float shift) {
  Floats sum = {};
  for (int64_t s = 0; s < count; s += kLanes) {
    Floats weight = exp_of(load(scores + s) - shift);
    weight = kCount > static_cast<float>(place - s) ? all(0) : weight;
    store(scores + s, weight);
    sum += weight;
  }
  return sum_of(sum);
}

// The largest of the scores up to and with `place`.
RETORT_INLINE float largest(const float* scores, int64_t place) {
  Floats most = all(scores[0]);
  for (int64_t s = 0; s <= place; s += kLanes) {
    Floats score = load(scores + s);
    most = (score > most) & (kCount <= static_cast<float>(place - s)) ? score : most;
  }
  return max_of(most);
}

Sizes sizes_of(const AttentionInput& input, int vectors) {
  int64_t tokens = input.end - input.begin;
  return {tokens, round_up(tokens, kBlock), input.shape.head_width, vectors * kLanes};
}

template <int kVectors>
RETORT_INLINE void attend_heads(const AttentionInput& in, int64_t kv_head, float* out, float* log_sum) {
  const AttentionShape& shape = in.shape;
  Sizes z = sizes_of(in, kVectors);
  scratch.reset(4 * z.rows * z.padded_width + kBlock * (z.rows + z.padded_width));
  float *q = scratch.take(z.rows * z.padded_width), *k = scratch.take(z.rows * z.padded_width);
  float *v = scratch.take(z.rows * z.padded_width), *k_transposed = scratch.take(z.rows * z.padded_width);
  float *scores = scratch.take(kBlock * z.rows), *y = scratch.take(kBlock * z.padded_width);
  int64_t stride = shape.fused_width(), half = z.width / 2, out_stride = shape.heads * z.width;
  const float *fused = in.fused + in.begin * stride, *cos = in.cos + in.begin * half,
              *sin = in.sin + in.begin * half;
  pack_rotated(fused + (shape.heads + kv_head) * z.width, stride, cos, sin, 1, z, k);
  pack(fused + (shape.heads + shape.kv_heads + kv_head) * z.width, stride, z, v);
  transpose(k, z, k_transposed);
  float scale = 1 / std::sqrt(static_cast<float>(z.width));
  for (int64_t head = kv_head * shape.group(); head < (kv_head + 1) * shape.group(); ++head) {
    pack_rotated(fused + head * z.width, stride, cos, sin, scale, z, q);
    for (int64_t begin = 0; begin < z.tokens; begin += kBlock) {
      int64_t count = begin + kBlock, queries = std::min(kBlock, z.tokens - begin);
      multiply_keys(q + begin * z.padded_width, k_transposed, count, z, scores);
      float sums[kBlock];
      for (int64_t t = 0; t < kBlock; ++t) {
        float* row = scores + t * z.rows;
        float shift = largest(row, begin + t);
        sums[t] = weigh(row, begin + t, count, shift);
        if (t < queries) log_sum[(in.begin + begin + t) * shape.heads + head] = shift + std::log(sums[t]);
      }
      multiply_values<kVectors>(scores, v, count, z, y);
      for (int64_t t = 0; t < queries; ++t) {
        float* to = out + (in.begin + begin + t) * out_stride + head * z.width;
        for (int64_t e = 0; e < z.width; ++e) to[e] = y[t * z.padded_width + e] / sums[t];
      }
    }
  }
}

template <int kVectors>
RETORT_INLINE void attend_heads_backward(const AttentionInput& in, int64_t kv_head, const float* out,
                                         const float* log_sum, const float* dout, float* dfused) {
  const AttentionShape& shape = in.shape;
  Sizes z = sizes_of(in, kVectors);
  int64_t matrix = z.rows * z.padded_width;
  scratch.reset(9 * matrix + 2 * kBlock * z.rows);
  float *q = scratch.take(matrix), *k = scratch.take(matrix), *v = scratch.take(matrix),
        *dy = scratch.take(matrix);
  float *k_transposed = scratch.take(matrix), *v_transposed = scratch.take(matrix);
  float *dq = scratch.take(matrix), *dk = scratch.take(matrix), *dv = scratch.take(matrix);
  float *weights = scratch.take(kBlock * z.rows), *dscores = scratch.take(kBlock * z.rows);
  int64_t stride = shape.fused_width(), half = z.width / 2, out_stride = shape.heads * z.width;
  int64_t k_column = (shape.heads + kv_head) * z.width, v_column = k_column + shape.kv_heads * z.width;
  const float *fused = in.fused + in.begin * stride, *cos = in.cos + in.begin * half,
              *sin = in.sin + in.begin * half;
  float* dfused_rows = dfused + in.begin * stride;
  pack_rotated(fused + k_column, stride, cos, sin, 1, z, k);
  pack(fused + v_column, stride, z, v);
  transpose(k, z, k_transposed);
  transpose(v, z, v_transposed);
  std::fill(dk, dk + matrix, 0.0f);
  std::fill(dv, dv + matrix, 0.0f);
  float scale = 1 / std::sqrt(static_cast<float>(z.width));
  for (int64_t head = kv_head * shape.group(); head < (kv_head + 1) * shape.group(); ++head) {
    const float* y_rows = out + in.begin * out_stride + head * z.width;
    pack_rotated(fused + head * z.width, stride, cos, sin, scale, z, q);
    pack(dout + in.begin * out_stride + head * z.width, out_stride, z, dy);
    for (int64_t begin = 0; begin < z.tokens; begin += kBlock) {
      int64_t count = begin + kBlock, first = begin * z.padded_width;
      multiply_keys(q + first, k_transposed, count, z, weights);
      multiply_keys(dy + first, v_transposed, count, z, dscores);
      for (int64_t t = 0; t < kBlock; ++t) {
        float *weight_row = weights + t * z.rows, *dscore_row = dscores + t * z.rows;
        if (begin + t >= z.tokens) {  // padding gives nothing back
          std::fill(weight_row, weight_row + count, 0.0f);
          std::fill(dscore_row, dscore_row + count, 0.0f);
          continue;
        }
        weigh(weight_row, begin + t, count, log_sum[(in.begin + begin + t) * shape.heads + head]);
        float mean = 0;
        const float *g = dy + first + t * z.padded_width, *y = y_rows + (begin + t) * out_stride;
        for (int64_t e = 0; e < z.width; ++e) mean += g[e] * y[e];
        for (int64_t s = 0; s < count; s += kLanes)
          store(dscore_row + s, load(weight_row + s) * (load(dscore_row + s) - mean));
      }
      multiply_values<kVectors>(dscores, k, count, z, dq + first);
      add_transposed_product<kVectors>(dscores, q + first, count, z, dk);
      add_transposed_product<kVectors>(weights, dy + first, count, z, dv);
    }
    unpack_rotated(dq, cos, sin, scale, z, dfused_rows + head * z.width, stride);
  }
  unpack_rotated(dk, cos, sin, 1, z, dfused_rows + k_column, stride);
  for (int64_t t = 0; t < z.tokens; ++t)
    std::memcpy(dfused_rows + t * stride + v_column, dv + t * z.padded_width,
                static_cast<size_t>(z.width) * sizeof(float));
}

}  // namespace

RETORT_CLONES void attend_document(const AttentionInput& input, int64_t kv_head, float* out, float* log_sum) {
  if (input.shape.head_width <= 16) return attend_heads<1>(input, kv_head, out, log_sum);
  if (input.shape.head_width <= 32) return attend_heads<2>(input, kv_head, out, log_sum);
  if (input.shape.head_width <= 64) return attend_heads<4>(input, kv_head, out, log_sum);
  RETORT_CHECK(input.shape.head_width <= kHeadWidthMax, "head width {}", input.shape.head_width);
  attend_heads<8>(input, kv_head, out, log_sum);
}

RETORT_CLONES void attend_document_backward(const AttentionInput& input, int64_t kv_head, const float* out,
                                            const float* log_sum, const float* dout, float* dfused) {
  if (input.shape.head_width <= 16)
    return attend_heads_backward<1>(input, kv_head, out, log_sum, dout, dfused);
  if (input.shape.head_width <= 32)
    return attend_heads_backward<2>(input, kv_head, out, log_sum, dout, dfused);
  if (input.shape.head_width <= 64)
    return attend_heads_backward<4>(input, kv_head, out, log_sum, dout, dfused);
  RETORT_CHECK(input.shape.head_width <= kHeadWidthMax, "head width {}", input.shape.head_width);
  attend_heads_backward<8>(input, kv_head, out, log_sum, dout, dfused);
}

}  // namespace retort
