// Attention of new tokens over what a slot of the key/value cache already holds, several slots at once.
#pragma once

#include <vector>

#include "nn/attention.h"
#include "nn/torch.h"

namespace retort {

// Row b of a batch holds lengths[b] new tokens of slot slots[b], at positions start[b] and on; what a row
// holds behind its length is padding. Refers to the caller's vectors.
struct CachedRows {
  const std::vector<int64_t>& slots;
  const std::vector<int64_t>& start;
  const std::vector<int64_t>& lengths;
};

// Checks the rows against B rows of T tokens and a cache of so many slots and tokens.
void check_cached_rows(const CachedRows& rows, int64_t row_count, int64_t row_tokens, int64_t slots,
                       int64_t tokens);

// Writes new keys (or values) (B, T, K, E) into the cache (S, K, tokens, E); padding is not written.
void store_rows(const torch::Tensor& new_BTKE, torch::Tensor& cache_SKTE, const CachedRows& rows);

// q (B, T, H, E) over its slot's positions 0 to start + t, or what the window leaves of them; gives (B, T,
// H*E). What it gives for padding means nothing. No autograd.
torch::Tensor attend_cached(const torch::Tensor& q_BTHE, const torch::Tensor& keys_SKTE,
                            const torch::Tensor& values_SKTE, const CachedRows& rows,
                            const AttentionOptions& options);

}  // namespace retort
