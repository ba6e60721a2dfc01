#include "nn/cached_kernel.h"

#include <algorithm>
#include <cmath>

namespace retort {
namespace {

// Scores (kQueries rows, `stride` apart) of kBlocks blocks of positions from `at` on. Several blocks at once,
// so that the processor has sums enough to work on while one waits for its last product.
template <int kQueries, int kBlocks, class T>
RETORT_INLINE void score_block(const CachedHead<T>& head, const float* const* q, int64_t at, float* scores,
                               int64_t stride) {
  const T* block = head.keys + at * head.width;
  const T* values = head.values + at * head.width;
  Floats sums[kQueries][kBlocks] = {};
  for (int64_t e = 0; e < head.width; e += 2) {
    Pair keys[kBlocks];
    RETORT_EACH(b, kBlocks) {
      const int64_t place = (b * head.width + e) * kPositionsTogether;
      keys[b] = load_pair(block + place);
      fetch_pair(values + place);
    }
    RETORT_EACH(i, kQueries) {
      const Floats first = all(q[i][e]), second = all(q[i][e + 1]);
      RETORT_EACH(b, kBlocks) {
        sums[i][b] += first * keys[b].first;
        sums[i][b] += second * keys[b].second;
      }
    }
  }
  RETORT_EACH(i, kQueries) {
    RETORT_EACH(b, kBlocks) { store(scores + i * stride + at + b * kPositionsTogether, sums[i][b]); }
  }
}

// Blocks, or vectors, that are summed at once, so that the sums fit into the registers.
constexpr int together(int queries) { return queries > 4 ? 2 : 4; }

template <int kQueries, class T>
RETORT_INLINE void score_blocks(const CachedHead<T>& head, const float* const* q, int64_t begin, int64_t end,
                                float* scores, int64_t stride) {
  constexpr int kBlocks = together(kQueries);
  int64_t s = begin;
  for (; s + kBlocks * kPositionsTogether <= end; s += kBlocks * kPositionsTogether)
    score_block<kQueries, kBlocks>(head, q, s, scores, stride);
  for (; s < end; s += kPositionsTogether) score_block<kQueries, 1>(head, q, s, scores, stride);
}

RETORT_INLINE Floats capped(const Floats& x, float softcap) {
  Floats grown = exp_of(x * (2 / softcap));
  return softcap * (grown - 1.0f) / (grown + 1.0f);
}

// Scores of positions [first, end) become weights that sum to one, of the others in [begin, whole end) zero.
RETORT_INLINE void weigh(float* scores, int64_t begin, int64_t first, int64_t end, float softcap) {
  std::fill(scores + begin, scores + first, -INFINITY);
  std::fill(scores + end, scores + whole_vectors(end), -INFINITY);
  Floats most = all(-INFINITY);
  for (int64_t s = begin; s < end; s += kLanes) {
    Floats x = load(scores + s);
    if (softcap > 0) {
      x = x > -INFINITY ? capped(x, softcap) : x;
      store(scores + s, x);
    }
    most = x > most ? x : most;
  }
  float largest = max_of(most);
  Floats sums = {};
  for (int64_t s = begin; s < end; s += kLanes) {
    Floats x = load(scores + s), weight = x > -INFINITY ? exp_of(x - largest) : all(0);
    store(scores + s, weight);
    sums += weight;
  }
  float share = 1 / sum_of(sums);
  for (int64_t s = begin; s < end; s += kLanes) store(scores + s, load(scores + s) * share);
}

// y of kQueries queries, kPairs pairs of vectors from element `e` on: weighted sums of value rows.
template <int kQueries, int kPairs, class T>
RETORT_INLINE void sum_pairs(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t e,
                             int64_t begin, int64_t end, const float* scores, int64_t stride) {
  const int64_t padded = whole_vectors(head.width);
  Pair sums[kQueries][kPairs] = {};
  for (int64_t s = begin; s < end; ++s) {
    Pair values[kPairs];
    RETORT_EACH(v, kPairs) {
      const int64_t place = s * padded + e + 2 * v * kLanes;
      values[v] = load_pair(head.values + place);
      fetch_pair(head.next_keys + place);
    }
    RETORT_EACH(i, kQueries) {
      const Floats weight = all(scores[i * stride + s]);
      RETORT_EACH(v, kPairs) {
        sums[i][v].first += weight * values[v].first;
        sums[i][v].second += weight * values[v].second;
      }
    }
  }
  RETORT_EACH(i, kQueries) {
    RETORT_EACH(v, kPairs) { store_pair(queries[i].y + e + 2 * v * kLanes, sums[i][v]); }
  }
}

// The same of one vector, which may reach beyond the end of y.
template <int kQueries, class T>
RETORT_INLINE void sum_vector(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t e,
                              int64_t begin, int64_t end, const float* scores, int64_t stride) {
  const int64_t padded = whole_vectors(head.width), left = head.width - e;
  Floats sums[kQueries] = {};
  for (int64_t s = begin; s < end; ++s) {
    const Floats values = load(head.values + s * padded + e);
    RETORT_EACH(i, kQueries) { sums[i] += all(scores[i * stride + s]) * values; }
  }
  RETORT_EACH(i, kQueries) {
    if (left >= kLanes)
      store(queries[i].y + e, sums[i]);
    else
      store_part(queries[i].y + e, sums[i], left);
  }
}

template <int kQueries, class T>
RETORT_INLINE void sum_values(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t begin,
                              int64_t end, const float* scores, int64_t stride) {
  constexpr int kPairs = together(kQueries) / 2;
  int64_t e = 0;
  for (; e + 2 * kPairs * kLanes <= head.width; e += 2 * kPairs * kLanes)
    sum_pairs<kQueries, kPairs>(head, queries, e, begin, end, scores, stride);
  for (; e < head.width; e += kLanes) sum_vector<kQueries>(head, queries, e, begin, end, scores, stride);
}

template <int kQueries, class T>
RETORT_INLINE void attend_some(const CachedHead<T>& head, const CachedQuery<T>* queries, float* scores) {
  int64_t first = queries[0].first, end = queries[0].end;
  const float* q[kQueries];
  for (int i = 0; i < kQueries; ++i) {
    first = std::min(first, queries[i].first), end = std::max(end, queries[i].end);
    q[i] = queries[i].q;
  }
  const int64_t begin = first / kLanes * kLanes, stride = whole_vectors(end);
  score_blocks<kQueries>(head, q, begin, stride, scores, stride);
  for (int i = 0; i < kQueries; ++i) {
    float* row = scores + i * stride;
    weigh(row, begin, queries[i].first, queries[i].end, head.softcap);
    std::fill(row + whole_vectors(queries[i].end), row + stride, 0.0f);
  }
  sum_values<kQueries>(head, queries, begin, end, scores, stride);
}

template <class T>
RETORT_INLINE void attend_any(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t count,
                              float* scores) {
  if (count == 8) return attend_some<8>(head, queries, scores);
  if (count >= 4) attend_some<4>(head, queries, scores), queries += 4, count -= 4;
  if (count == 3) return attend_some<3>(head, queries, scores);
  if (count == 2) return attend_some<2>(head, queries, scores);
  if (count == 1) attend_some<1>(head, queries, scores);
}

}  // namespace

// Number by number: where the processor multiplies and adds in one step, fp32 would come out with other bits.
void rotate_head(const float* x, const float* cos, const float* sin, int64_t half, int64_t width, float scale,
                 float* y) {
  for (int64_t i = 0; i < half; ++i) {
    const float u = x[i], v = x[half + i];
    y[i] = (u * cos[i] - v * sin[i]) * scale;
    y[half + i] = (v * cos[i] + u * sin[i]) * scale;
  }
  for (int64_t i = 2 * half; i < width; ++i) y[i] = x[i] * scale;
}

RETORT_CLONES void rotate_head(const Bf16* x, const float* cos, const float* sin, int64_t half, int64_t width,
                               float scale, float* y) {
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const Floats u = load(x + i), v = load(x + half + i), c = load(cos + i), s = load(sin + i);
    store(y + i, (u * c - v * s) * scale);
    store(y + half + i, (v * c + u * s) * scale);
  }
  for (; i < half; ++i) {
    const float u = value_of(x[i]), v = value_of(x[half + i]);
    y[i] = (u * cos[i] - v * sin[i]) * scale;
    y[half + i] = (v * cos[i] + u * sin[i]) * scale;
  }
  for (i = 2 * half; i < width; ++i) y[i] = value_of(x[i]) * scale;
}

RETORT_CLONES void attend_cached_queries(const CachedHead<float>& head, const CachedQuery<float>* queries,
                                         int64_t count, float* scores) {
  attend_any(head, queries, count, scores);
}
RETORT_CLONES void attend_cached_queries(const CachedHead<Bf16>& head, const CachedQuery<Bf16>* queries,
                                         int64_t count, float* scores) {
  attend_any(head, queries, count, scores);
}

}  // namespace retort
