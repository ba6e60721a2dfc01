// Attention within one document for one key/value head and the query heads that share it, of fp32 or bf16 on
// the CPU, forward and backward. Rotary positions are applied on the way in and taken back on the way out, so
// nothing between the projection and the output is kept but one number a token and head. Queries run in
// blocks, so memory grows with the document, not with its square (as in FlashAttention, arXiv 2205.14135).
// Raw pointers; no torch here.
#pragma once

#include <cstdint>

#include "nn/bf16.h"

namespace retort {

struct AttentionShape {
  int64_t heads = 0, kv_heads = 0, head_width = 0;
  int64_t rotated = 0;  // elements of a head that its position turns, the first ones; even, 0: none
  int64_t window = 0;   // a token sees itself and window - 1 before it; 0: all before it
  float scale = 1;      // of the scores
  int64_t group() const { return heads / kv_heads; }
  // Floats a token of the fused projection: all queries, then keys, then values.
  int64_t fused_width() const { return (heads + 2 * kv_heads) * head_width; }
};
constexpr int64_t kHeadWidthMax = 128;

// Everything is indexed by token, over the whole batch; `begin` to `end` is the document. `T`: float or Bf16.
template <class T>
struct AttentionInput {
  AttentionShape shape;
  const T* fused;          // (N, fused width)
  const float *cos, *sin;  // (N, rotated / 2); null when nothing is rotated
  int64_t begin = 0, end = 0;
};

// Writes these heads of out (N, heads * head width) and log_sum (N, heads).
void attend_document(const AttentionInput<float>& input, int64_t kv_head, float* out, float* log_sum);
void attend_document(const AttentionInput<Bf16>& input, int64_t kv_head, Bf16* out, float* log_sum);
// Writes these heads of dfused (N, fused width).
void attend_document_backward(const AttentionInput<float>& input, int64_t kv_head, const float* out,
                              const float* log_sum, const float* dout, float* dfused);
void attend_document_backward(const AttentionInput<Bf16>& input, int64_t kv_head, const Bf16* out,
                              const float* log_sum, const Bf16* dout, Bf16* dfused);

}  // namespace retort
