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
  Floats sums[kQueries][kBlocks] = {};
  for (int64_t e = 0; e < head.width; ++e) {
    Floats keys[kBlocks];
    RETORT_EACH(b, kBlocks) { keys[b] = load(block + (b * head.width + e) * kPositionsTogether); }
    RETORT_EACH(i, kQueries) {
      Floats number = all(q[i][e]);
      RETORT_EACH(b, kBlocks) { sums[i][b] += number * keys[b]; }
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

// y of kQueries queries, kVectors vectors from element `e` on: weighted sums of value rows.
template <int kQueries, int kVectors, class T>
RETORT_INLINE void sum_columns(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t e,
                               int64_t begin, int64_t end, const float* scores, int64_t stride) {
  const int64_t padded = whole_vectors(head.width);
  Floats sums[kQueries][kVectors] = {};
  for (int64_t s = begin; s < end; ++s) {
    Floats values[kVectors];
    RETORT_EACH(v, kVectors) { values[v] = load(head.values + s * padded + e + v * kLanes); }
    RETORT_EACH(i, kQueries) {
      Floats weight = all(scores[i * stride + s]);
      RETORT_EACH(v, kVectors) { sums[i][v] += weight * values[v]; }
    }
  }
  RETORT_EACH(i, kQueries) {
    RETORT_EACH(v, kVectors) {
      const int64_t at = e + v * kLanes, left = head.width - at;
      if (left >= kLanes)
        store(queries[i].y + at, sums[i][v]);
      else
        store_part(queries[i].y + at, sums[i][v], left);
    }
  }
}

template <int kQueries, class T>
RETORT_INLINE void sum_values(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t begin,
                              int64_t end, const float* scores, int64_t stride) {
  constexpr int kVectors = together(kQueries);
  const int64_t padded = whole_vectors(head.width);
  int64_t e = 0;
  for (; e + kVectors * kLanes <= padded; e += kVectors * kLanes)
    sum_columns<kQueries, kVectors>(head, queries, e, begin, end, scores, stride);
  for (; e < padded; e += kLanes) sum_columns<kQueries, 1>(head, queries, e, begin, end, scores, stride);
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

RETORT_CLONES void attend_cached_queries(const CachedHead<float>& head, const CachedQuery<float>* queries,
                                         int64_t count, float* scores) {
  attend_any(head, queries, count, scores);
}
RETORT_CLONES void attend_cached_queries(const CachedHead<Bf16>& head, const CachedQuery<Bf16>* queries,
                                         int64_t count, float* scores) {
  attend_any(head, queries, count, scores);
}

}  // namespace retort
