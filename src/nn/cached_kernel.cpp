#include "nn/cached_kernel.h"

#include <algorithm>
#include <cmath>

namespace retort {
namespace {

// Scores (kQueries rows, `stride` apart) of whole blocks of positions, begin to end.
template <int kQueries, class T>
RETORT_INLINE void score_blocks(const CachedHead<T>& head, const float* const* q, int64_t begin, int64_t end,
                                float* scores, int64_t stride) {
  for (int64_t s = begin; s < end; s += kPositionsTogether) {
    const T* block = head.keys + s * head.width;
    Floats sums[kQueries] = {};
    for (int64_t e = 0; e < head.width; ++e) {
      Floats keys = load(block + e * kPositionsTogether);
      RETORT_EACH(i, kQueries) { sums[i] += q[i][e] * keys; }
    }
    RETORT_EACH(i, kQueries) { store(scores + i * stride + s, sums[i]); }
  }
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

// y of kQueries queries: weighted sums of value rows, two vectors of them at a time.
template <int kQueries, class T>
RETORT_INLINE void sum_values(const CachedHead<T>& head, const CachedQuery<T>* queries, int64_t begin,
                              int64_t end, const float* scores, int64_t stride) {
  const int64_t padded = whole_vectors(head.width);
  for (int64_t e = 0; e < padded; e += kLanes) {
    Floats sums[kQueries] = {};
    for (int64_t s = begin; s < end; ++s) {
      Floats values = load(head.values + s * padded + e);
      RETORT_EACH(i, kQueries) { sums[i] += scores[i * stride + s] * values; }
    }
    const int64_t left = head.width - e;
    RETORT_EACH(i, kQueries) {
      if (left >= kLanes)
        store(queries[i].y + e, sums[i]);
      else
        store_part(queries[i].y + e, sums[i], left);
    }
  }
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
