// A decoder of one of the families in decoder_config.h, as plain structs of tensors and functions over them.
// Knows no file, tokenizer or store. Shapes: B rows, T tokens a row, D width, H query heads, K key/value
// heads, E head width, F feed-forward width, V vocabulary, L layers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/decoder_config.h"
#include "nn/cached_attention.h"
#include "nn/projection.h"
#include "nn/torch.h"

namespace retort {

// A norm that the family does not have is undefined.
struct DecoderLayer {
  torch::Tensor attention_norm_D, after_attention_norm_D;
  Projection query, key, value;        // (H*E, D), (K*E, D), (K*E, D)
  torch::Tensor query_norm, key_norm;  // (E), or (H*E) and (K*E)
  Projection output;                   // (D, H*E)
  torch::Tensor feed_forward_norm_D, after_feed_forward_norm_D;
  Projection gate, up, down;  // (F, D), (F, D), (D, F)
};

struct Decoder {
  DecoderConfig config;
  torch::Tensor embedding_VD;
  std::vector<DecoderLayer> layers;
  torch::Tensor final_norm_D;
  torch::Tensor head_VD;      // the same tensor as embedding_VD when tied
  torch::Tensor packed_head;  // see packed_for_decoding; else undefined
  Int8Weight int8_head;       // see int8_for_decoding; else undefined
};

// Every weight once, with the name that its family gives it ("model.layers.0.self_attn.q_proj.weight"), in a
// fixed order; a tied head is left out, and so are adapters. What a family stores as one tensor (Phi-3's
// qkv_proj) is here in its parts; the folder joins them.
std::vector<std::pair<std::string, torch::Tensor*>> named_weights(Decoder& decoder);
// The shape of the weight of that name.
std::vector<int64_t> weight_shape(const DecoderConfig& config, std::string_view name);
int64_t weight_count(const Decoder& decoder);
// Normal from the counter-based generator (same seed, same weights), output and down projections scaled by
// 1/sqrt(2L); norms multiply by 1, biases are 0.
Decoder make_decoder(const DecoderConfig& config, uint64_t seed, torch::ScalarType dtype = torch::kFloat32);
// All weights to a device; adapters are hung on afterwards.
void move_to(torch::Device device, Decoder& decoder);

// The same decoder (its weights are shared, not copied) with its matrices packed for hidden_states_cached and
// logits_of, where that makes them faster: in bf16 on the CPU, and where half of the free memory holds them
// once more. To be thrown away when a weight changes.
Decoder packed_for_decoding(const Decoder& decoder);
// The decoder with its matrices as eight-bit whole numbers (nn/int8_linear.h) and the rest in bf16, for
// hidden_states_cached and logits_of alone, whose logits are then fp32. A row's hidden states do not depend
// on the other rows, bit for bit. On the CPU, and adapters are merged before.
Decoder int8_for_decoding(Decoder decoder);

// Packed training batch: several documents a row.
struct PackedBatch {
  torch::Tensor tokens_BT;     // int64
  torch::Tensor positions_BT;  // int64, from 0 in each document
  torch::Tensor
      documents_BT;  // int64 document number within the row, -1 on padding; attention stays within a document
};
// What the forward pass keeps for the backward pass: everything, or only what goes from layer to layer, the
// rest being made again on the way back.
enum class Recompute { Nothing, Layers };
// Hidden states after the final norm, (B, T, D); with autograd when weights require it, and then the decoder
// must outlive the backward pass. In the type of the norms' weights: the embedding may be fp32 over a bf16
// model.
torch::Tensor hidden_states(const Decoder& decoder, const PackedBatch& batch,
                            Recompute recompute = Recompute::Nothing);
// Logits (..., V) of hidden states (..., D): the head, and the family's softcap.
torch::Tensor logits_of(const Decoder& decoder, const torch::Tensor& hidden);

// Keys and values of S slots, each up to so many tokens.
struct KvCache {
  std::vector<CachedLayer> layers;
};
KvCache make_kv_cache(const DecoderConfig& config, int64_t slots, int64_t tokens, torch::ScalarType dtype,
                      torch::Device device = torch::kCPU);
// What slot `from` holds at its first `tokens` positions, to slot `to`.
void copy_slot(KvCache& cache, int64_t from, int64_t to, int64_t tokens);
// Hidden states (N, D) of new tokens (N), the rows one behind the other: each attends to all that its slot
// holds before it. In fp32 on the CPU, a row's hidden states do not depend on the other rows, bit for bit. No
// autograd.
torch::Tensor hidden_states_cached(const Decoder& decoder, KvCache& cache, const torch::Tensor& tokens_N,
                                   const CachedRows& rows);

}  // namespace retort
