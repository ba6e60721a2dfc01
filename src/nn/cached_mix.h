// What a decoder's layer does between its projections when it decodes: rotate queries and keys, put keys and
// values into the cache, attend. In one go where our kernel runs.
#pragma once

#include "nn/cached_attention.h"
#include "nn/rope.h"

namespace retort {

// fused (N, (H + 2K) * E): queries, keys and values of the rows' tokens, not yet rotated; rope of (1, N)
// positions. Gives (N, H*E). No autograd.
torch::Tensor mix_cached(const torch::Tensor& fused_NC, const RopeTable& rope, CachedLayer& layer,
                         const CachedRows& rows, const AttentionOptions& options);

}  // namespace retort
