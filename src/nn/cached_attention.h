// Attention of new tokens over what a slot of the key/value cache already holds, several slots at once.
#pragma once

#include <vector>

#include "nn/attention.h"
#include "nn/torch.h"

namespace retort {

// The new tokens of several slots, one row behind the other, N tokens in all: row b holds lengths[b] tokens
// of slot slots[b], at positions start[b] and on. Refers to the caller's vectors.
struct CachedRows {
  const std::vector<int64_t>& slots;
  const std::vector<int64_t>& start;
  const std::vector<int64_t>& lengths;
};

// Keys and values of one layer: S slots of so many tokens. How they lie is this file's business: as
// cached_kernel.h says where that kernel runs (fp32 and bf16 on the CPU), else (S, K, tokens, E).
struct CachedLayer {
  torch::Tensor keys, values;
  int64_t slots = 0, kv_heads = 0, tokens = 0, head_width = 0;
};
CachedLayer make_cached_layer(int64_t slots, int64_t kv_heads, int64_t tokens, int64_t head_width,
                              torch::ScalarType dtype, torch::Device device);
// The first `tokens` positions of slot `from` to slot `to`.
void copy_slot(CachedLayer& layer, int64_t from, int64_t to, int64_t tokens);

// Checks the rows against N tokens and a cache of so many slots and tokens; no slot comes twice.
void check_cached_rows(const CachedRows& rows, int64_t token_count, int64_t slots, int64_t tokens);
// The position of each of the N tokens, int64 on the CPU.
torch::Tensor positions_of(const CachedRows& rows);

// Writes new keys and values (N, K, E), rotated, into the cache.
void store_rows(const torch::Tensor& keys_NKE, const torch::Tensor& values_NKE, CachedLayer& layer,
                const CachedRows& rows);

// q (N, H, E), rotated, over its slot's positions up to its own, or what the window leaves of them; gives
// (N, H*E). In the kernel, what a token gets does not depend on the other rows, bit for bit. No autograd.
torch::Tensor attend_cached(const torch::Tensor& q_NHE, const CachedLayer& layer, const CachedRows& rows,
                            const AttentionOptions& options);

}  // namespace retort
