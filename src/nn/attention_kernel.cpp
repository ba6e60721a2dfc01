#include "nn/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "nn/bf16.h"

namespace retort {
namespace {

// Queries run in blocks of one vector's lanes: a lane is a query, so a softmax is made without a sum across
// lanes.
constexpr int64_t kBlock = kLanes;

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
  int64_t tokens, rows, width, padded_width, rotated;
};

// to (rows, padded width) = rotated source rows * scale; source rows are `stride` apart.
template <class T>
RETORT_INLINE void pack_rotated(const T* from, int64_t stride, const float* cos, const float* sin,
                                float scale, const Sizes& sizes, float* to) {
  int64_t half = sizes.rotated / 2;
  for (int64_t t = 0; t < sizes.tokens; ++t) {
    const T* x = from + t * stride;
    const float *c = cos + t * half, *s = sin + t * half;
    float* y = to + t * sizes.padded_width;
    int64_t i = 0;
    for (; i + kLanes <= half; i += kLanes) {
      Floats a = load(x + i), b = load(x + half + i), u = load(c + i), v = load(s + i);
      store(y + i, (a * u - b * v) * scale);
      store(y + half + i, (b * u + a * v) * scale);
    }
    for (; i < half; ++i) {
      float u = value_of(x[i]), v = value_of(x[half + i]);
      y[i] = (u * c[i] - v * s[i]) * scale;
      y[half + i] = (v * c[i] + u * s[i]) * scale;
    }
    for (i = sizes.rotated; i < sizes.width; ++i) y[i] = value_of(x[i]) * scale;
    for (i = sizes.width; i < sizes.padded_width; ++i) y[i] = 0;
  }
  std::fill(to + sizes.tokens * sizes.padded_width, to + sizes.rows * sizes.padded_width, 0.0f);
}

// The way back: gradients of the rotated rows become gradients of the source rows.
template <class T>
RETORT_INLINE void unpack_rotated(const float* from, const float* cos, const float* sin, float scale,
                                  const Sizes& sizes, T* to, int64_t stride) {
  int64_t half = sizes.rotated / 2;
  for (int64_t t = 0; t < sizes.tokens; ++t) {
    const float *x = from + t * sizes.padded_width, *c = cos + t * half, *s = sin + t * half;
    T* y = to + t * stride;
    int64_t i = 0;
    for (; i + kLanes <= half; i += kLanes) {
      Floats a = load(x + i), b = load(x + half + i), u = load(c + i), v = load(s + i);
      store(y + i, (a * u + b * v) * scale);
      store(y + half + i, (b * u - a * v) * scale);
    }
    for (; i < half; ++i) {
      set_value(y[i], (x[i] * c[i] + x[half + i] * s[i]) * scale);
      set_value(y[half + i], (x[half + i] * c[i] - x[i] * s[i]) * scale);
    }
    for (i = sizes.rotated; i < sizes.width; ++i) set_value(y[i], x[i] * scale);
  }
}

// A row of one type to a row of another.
template <class From, class To>
RETORT_INLINE void convert_row(const From* from, int64_t width, To* to) {
  int64_t i = 0;
  for (; i + kLanes <= width; i += kLanes) store(to + i, load(from + i));
  for (; i < width; ++i) set_value(to[i], value_of(from[i]));
}

template <class T>
RETORT_INLINE void pack(const T* from, int64_t stride, const Sizes& sizes, float* to) {
  for (int64_t t = 0; t < sizes.rows; ++t) {
    float* y = to + t * sizes.padded_width;
    int64_t width = t < sizes.tokens ? sizes.width : 0;
    if (width > 0) convert_row(from + t * stride, width, y);
    for (int64_t i = width; i < sizes.padded_width; ++i) y[i] = 0;
  }
}

// A block's rows (kBlock, padded width) to (width, kBlock).
RETORT_INLINE void transpose_block(const float* from, const Sizes& sizes, float* to) {
  for (int64_t t = 0; t < kBlock; ++t)
    for (int64_t e = 0; e < sizes.width; ++e) to[e * kBlock + t] = from[t * sizes.padded_width + e];
}

// products (count, kBlock) = rows (count, padded width) times a block's columns (width, kBlock). count is a
// multiple of kBlock.
RETORT_INLINE void multiply_columns(const float* rows, const float* columns, int64_t count,
                                    const Sizes& sizes, float* products) {
  constexpr int kTogether = 8;
  for (int64_t s = 0; s < count; s += kTogether) {
    Floats sums[kTogether] = {};
    for (int64_t e = 0; e < sizes.width; ++e) {
      Floats column = load(columns + e * kBlock);
      RETORT_EACH(i, kTogether) { sums[i] += rows[(s + i) * sizes.padded_width + e] * column; }
    }
    RETORT_EACH(i, kTogether) { store(products + (s + i) * kBlock, sums[i]); }
  }
}

// Rows of a product that are summed at once, so that they fit into the registers.
constexpr int rows_together(int vectors) { return vectors > 2 ? 2 : 4; }

// y (kBlock, padded width) = weights^T (kBlock, count) times values (count, padded width).
template <int kVectors>
RETORT_INLINE void multiply_values(const float* weights, const float* values, int64_t count,
                                   const Sizes& sizes, float* y) {
  constexpr int kTogether = rows_together(kVectors);
  for (int64_t q = 0; q < kBlock; q += kTogether) {
    Floats sums[kTogether][kVectors] = {};
    for (int64_t s = 0; s < count; ++s) {
      RETORT_EACH(v, kVectors) {
        Floats value = load(values + s * sizes.padded_width + v * kLanes);
        RETORT_EACH(i, kTogether) { sums[i][v] += weights[s * kBlock + q + i] * value; }
      }
    }
    RETORT_EACH(i, kTogether) {
      RETORT_EACH(v, kVectors) { store(y + (q + i) * sizes.padded_width + v * kLanes, sums[i][v]); }
    }
  }
}

// y (count, padded width) += weights (count, kBlock) times x (kBlock, padded width).
template <int kVectors>
RETORT_INLINE void add_product(const float* weights, const float* x, int64_t count, const Sizes& sizes,
                               float* y) {
  constexpr int kTogether = rows_together(kVectors);
  for (int64_t s = 0; s < count; s += kTogether) {
    Floats sums[kTogether][kVectors];
    RETORT_EACH(i, kTogether) {
      RETORT_EACH(v, kVectors) { sums[i][v] = load(y + (s + i) * sizes.padded_width + v * kLanes); }
    }
    for (int64_t q = 0; q < kBlock; ++q) {
      RETORT_EACH(v, kVectors) {
        Floats value = load(x + q * sizes.padded_width + v * kLanes);
        RETORT_EACH(i, kTogether) { sums[i][v] += weights[(s + i) * kBlock + q] * value; }
      }
    }
    RETORT_EACH(i, kTogether) {
      RETORT_EACH(v, kVectors) { store(y + (s + i) * sizes.padded_width + v * kLanes, sums[i][v]); }
    }
  }
}

const Floats kLaneNumbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// The keys that some query of a block sees: from `first`, a multiple of the block, to `end`.
struct Keys {
  int64_t first, end, window;
  int64_t count() const { return end - first; }
};
RETORT_INLINE Keys keys_of_block(int64_t begin, int64_t window) {
  int64_t first = window > 0 ? std::max<int64_t>(0, begin - window + 1) / kBlock * kBlock : 0;
  return {first, begin + kBlock, window};
}

// What key `s` is for the queries from `begin` on: `seen` where the query is not before it and, with a
// window, not too far behind it, else `unseen`.
RETORT_INLINE Floats visible(const Floats& seen, const Floats& unseen, int64_t s, int64_t begin,
                             int64_t window) {
  Floats past = s <= begin ? seen : kLaneNumbers >= static_cast<float>(s - begin) ? seen : unseen;
  if (window == 0 || s > begin + kBlock - 1 - window) return past;
  return kLaneNumbers < static_cast<float>(s - begin + window) ? past : unseen;
}

// The largest score of each query; scores begin with the first key's.
RETORT_INLINE Floats largest(const float* scores, int64_t begin, const Keys& keys) {
  Floats most = all(-3e38f);  // every query sees itself
  for (int64_t s = keys.first; s < keys.end; ++s) {
    Floats score = visible(load(scores + (s - keys.first) * kBlock), most, s, begin, keys.window);
    most = score > most ? score : most;
  }
  return most;
}

// Scores become weights e^(score - shift); returns their sums.
RETORT_INLINE Floats weigh(float* scores, int64_t begin, const Keys& keys, const Floats& shift) {
  Floats sums = {};
  for (int64_t s = keys.first; s < keys.end; ++s) {
    float* at = scores + (s - keys.first) * kBlock;
    Floats weight = visible(exp_of(load(at) - shift), all(0), s, begin, keys.window);
    store(at, weight);
    sums += weight;
  }
  return sums;
}

// Where the parts of one key/value head and its queries lie.
template <class T>
struct Layout {
  Sizes z;
  int64_t stride, out_stride, k_column, v_column;
  const T* fused;  // here and below at the document's first token
  const float *cos, *sin;
  float scale;
};

template <class T>
RETORT_INLINE Layout<T> layout_of(const AttentionInput<T>& in, int64_t kv_head, int vectors) {
  const AttentionShape& shape = in.shape;
  int64_t tokens = in.end - in.begin, width = shape.head_width, half = shape.rotated / 2;
  Layout<T> at;
  at.z = {tokens, round_up(tokens, kBlock), width, vectors * kLanes, shape.rotated};
  at.stride = shape.fused_width(), at.out_stride = shape.heads * width;
  at.k_column = (shape.heads + kv_head) * width, at.v_column = at.k_column + shape.kv_heads * width;
  at.fused = in.fused + in.begin * at.stride, at.cos = in.cos + in.begin * half,
  at.sin = in.sin + in.begin * half;
  at.scale = shape.scale;
  return at;
}

// Rows y (kBlock, padded width) times a factor each, to the block's tokens of `out`.
template <class T>
RETORT_INLINE void write_block(const float* y, const Floats& factors, int64_t queries, const Sizes& z, T* out,
                               int64_t out_stride) {
  for (int64_t t = 0; t < queries; ++t) {
    const float* from = y + t * z.padded_width;
    T* to = out + t * out_stride;
    float factor = factors[t];
    int64_t e = 0;
    for (; e + kLanes <= z.width; e += kLanes) store(to + e, load(from + e) * factor);
    for (; e < z.width; ++e) set_value(to[e], from[e] * factor);
  }
}

template <int kVectors, class T>
RETORT_INLINE void attend_heads(const AttentionInput<T>& in, int64_t kv_head, T* out, float* log_sum) {
  Layout<T> at = layout_of(in, kv_head, kVectors);
  const Sizes& z = at.z;
  int64_t matrix = z.rows * z.padded_width, block = kBlock * z.padded_width;
  scratch.reset(3 * matrix + 2 * block + kBlock * z.rows);
  float *q = scratch.take(matrix), *k = scratch.take(matrix), *v = scratch.take(matrix);
  float *q_columns = scratch.take(block), *y = scratch.take(block), *scores = scratch.take(kBlock * z.rows);
  pack_rotated(at.fused + at.k_column, at.stride, at.cos, at.sin, 1, z, k);
  pack(at.fused + at.v_column, at.stride, z, v);
  int64_t group = in.shape.group();
  for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    pack_rotated(at.fused + head * z.width, at.stride, at.cos, at.sin, at.scale, z, q);
    for (int64_t begin = 0; begin < z.tokens; begin += kBlock) {
      Keys keys = keys_of_block(begin, in.shape.window);
      int64_t queries = std::min(kBlock, z.tokens - begin), first = in.begin + begin;
      int64_t skipped = keys.first * z.padded_width;
      transpose_block(q + begin * z.padded_width, z, q_columns);
      multiply_columns(k + skipped, q_columns, keys.count(), z, scores);
      Floats shift = largest(scores, begin, keys), sums = weigh(scores, begin, keys, shift);
      multiply_values<kVectors>(scores, v + skipped, keys.count(), z, y);
      write_block(y, 1.0f / sums, queries, z, out + first * at.out_stride + head * z.width, at.out_stride);
      for (int64_t t = 0; t < queries; ++t)
        log_sum[(first + t) * in.shape.heads + head] = shift[t] + std::log(sums[t]);
    }
  }
}

// What a block's queries saved and were given back, as columns: lanes behind the document are zero, and so is
// all that they give.
struct BlockGradient {
  Floats log_sums, means;  // means: sum over the head's width of dout * out
};

template <class T>
RETORT_INLINE BlockGradient read_block(const float* dy, const T* out, int64_t out_stride,
                                       const float* log_sum, int64_t log_stride, int64_t queries,
                                       const Sizes& z) {
  float log_sums[kBlock] = {}, means[kBlock] = {};
  for (int64_t t = 0; t < queries; ++t) {
    const float* g = dy + t * z.padded_width;
    const T* y = out + t * out_stride;
    Floats products = {};
    int64_t e = 0;
    for (; e + kLanes <= z.width; e += kLanes) products += load(g + e) * load(y + e);
    means[t] = sum_of(products);
    for (; e < z.width; ++e) means[t] += g[e] * value_of(y[e]);
    log_sums[t] = log_sum[t * log_stride];
  }
  return {load(log_sums), load(means)};
}

template <int kVectors, class T>
RETORT_INLINE void attend_heads_backward(const AttentionInput<T>& in, int64_t kv_head, const T* out,
                                         const float* log_sum, const T* dout, T* dfused) {
  Layout<T> at = layout_of(in, kv_head, kVectors);
  const Sizes& z = at.z;
  int64_t matrix = z.rows * z.padded_width, block = kBlock * z.padded_width;
  scratch.reset(7 * matrix + 2 * block + 2 * kBlock * z.rows);
  float *q = scratch.take(matrix), *k = scratch.take(matrix), *v = scratch.take(matrix),
        *dy = scratch.take(matrix);
  float *dq = scratch.take(matrix), *dk = scratch.take(matrix), *dv = scratch.take(matrix);
  float *q_columns = scratch.take(block), *dy_columns = scratch.take(block);
  float *weights = scratch.take(kBlock * z.rows), *dscores = scratch.take(kBlock * z.rows);
  pack_rotated(at.fused + at.k_column, at.stride, at.cos, at.sin, 1, z, k);
  pack(at.fused + at.v_column, at.stride, z, v);
  std::fill(dk, dk + matrix, 0.0f);
  std::fill(dv, dv + matrix, 0.0f);
  T* to = dfused + in.begin * at.stride;
  int64_t group = in.shape.group();
  for (int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
    pack_rotated(at.fused + head * z.width, at.stride, at.cos, at.sin, at.scale, z, q);
    pack(dout + in.begin * at.out_stride + head * z.width, at.out_stride, z, dy);
    for (int64_t begin = 0; begin < z.tokens; begin += kBlock) {
      Keys keys = keys_of_block(begin, in.shape.window);
      int64_t count = keys.count(), skipped = keys.first * z.padded_width;
      int64_t row = begin * z.padded_width, first = in.begin + begin;
      BlockGradient saved = read_block(dy + row, out + first * at.out_stride + head * z.width, at.out_stride,
                                       log_sum + first * in.shape.heads + head, in.shape.heads,
                                       std::min(kBlock, z.tokens - begin), z);
      transpose_block(q + row, z, q_columns);
      transpose_block(dy + row, z, dy_columns);
      multiply_columns(k + skipped, q_columns, count, z, weights);
      multiply_columns(v + skipped, dy_columns, count, z, dscores);
      weigh(weights, begin, keys, saved.log_sums);
      for (int64_t s = 0; s < count * kBlock; s += kBlock)
        store(dscores + s, load(weights + s) * (load(dscores + s) - saved.means));
      multiply_values<kVectors>(dscores, k + skipped, count, z, dq + row);
      add_product<kVectors>(dscores, q + row, count, z, dk + skipped);
      add_product<kVectors>(weights, dy + row, count, z, dv + skipped);
    }
    unpack_rotated(dq, at.cos, at.sin, at.scale, z, to + head * z.width, at.stride);
  }
  unpack_rotated(dk, at.cos, at.sin, 1, z, to + at.k_column, at.stride);
  for (int64_t t = 0; t < z.tokens; ++t)
    convert_row(dv + t * z.padded_width, z.width, to + t * at.stride + at.v_column);
}

template <class T>
RETORT_INLINE void attend_any(const AttentionInput<T>& input, int64_t kv_head, T* out, float* log_sum) {
  if (input.shape.head_width <= 16) return attend_heads<1>(input, kv_head, out, log_sum);
  if (input.shape.head_width <= 32) return attend_heads<2>(input, kv_head, out, log_sum);
  if (input.shape.head_width <= 64) return attend_heads<4>(input, kv_head, out, log_sum);
  RETORT_CHECK(input.shape.head_width <= kHeadWidthMax, "head width {}", input.shape.head_width);
  attend_heads<8>(input, kv_head, out, log_sum);
}

template <class T>
RETORT_INLINE void attend_any_backward(const AttentionInput<T>& input, int64_t kv_head, const T* out,
                                       const float* log_sum, const T* dout, T* dfused) {
  if (input.shape.head_width <= 16)
    return attend_heads_backward<1>(input, kv_head, out, log_sum, dout, dfused);
  if (input.shape.head_width <= 32)
    return attend_heads_backward<2>(input, kv_head, out, log_sum, dout, dfused);
  if (input.shape.head_width <= 64)
    return attend_heads_backward<4>(input, kv_head, out, log_sum, dout, dfused);
  RETORT_CHECK(input.shape.head_width <= kHeadWidthMax, "head width {}", input.shape.head_width);
  attend_heads_backward<8>(input, kv_head, out, log_sum, dout, dfused);
}

}  // namespace

RETORT_CLONES void attend_document(const AttentionInput<float>& input, int64_t kv_head, float* out,
                                   float* log_sum) {
  attend_any(input, kv_head, out, log_sum);
}
RETORT_CLONES void attend_document(const AttentionInput<Bf16>& input, int64_t kv_head, Bf16* out,
                                   float* log_sum) {
  attend_any(input, kv_head, out, log_sum);
}

RETORT_CLONES void attend_document_backward(const AttentionInput<float>& input, int64_t kv_head,
                                            const float* out, const float* log_sum, const float* dout,
                                            float* dfused) {
  attend_any_backward(input, kv_head, out, log_sum, dout, dfused);
}
RETORT_CLONES void attend_document_backward(const AttentionInput<Bf16>& input, int64_t kv_head,
                                            const Bf16* out, const float* log_sum, const Bf16* dout,
                                            Bf16* dfused) {
  attend_any_backward(input, kv_head, out, log_sum, dout, dfused);
}

}  // namespace retort
