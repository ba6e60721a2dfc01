// A decoder of one of the families in decoder_config.h, as plain structs of tensors and functions over them.
// Knows no file, tokenizer or store. Shapes: B rows, T tokens a row, D width, H query heads, K key/value
// heads, E head width, F feed-forward width, V vocabulary, L layers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/decoder_config.h"
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
  torch::Tensor head_VD;  // the same tensor as embedding_VD when tied
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

// Packed training batch: several documents a row.
struct PackedBatch {
  torch::Tensor tokens_BT;     // int64
  torch::Tensor positions_BT;  // int64, from 0 in each document
  torch::Tensor
      documents_BT;  // int64 document number within the row, -1 on padding; attention stays within a document
};
// Hidden states after the final norm, (B, T, D); with autograd when weights require it.
torch::Tensor hidden_states(const Decoder& decoder, const PackedBatch& batch);
// Logits (..., V) of hidden states (..., D): the head, and the family's softcap.
torch::Tensor logits_of(const Decoder& decoder, const torch::Tensor& hidden);

// Keys and values of S slots, each up to `context` tokens.
struct KvCache {
  std::vector<torch::Tensor> keys_SKTE, values_SKTE;  // a tensor a layer
};
KvCache make_kv_cache(const DecoderConfig& config, int64_t slots, int64_t tokens, torch::ScalarType dtype,
                      torch::Device device = torch::kCPU);
// Hidden states (B, T, D) of new tokens: row b goes to slot slots[b] at positions start[b].. and attends to
// all that the slot holds before it. lengths[b] <= T tokens of row b are real. No autograd.
torch::Tensor hidden_states_cached(const Decoder& decoder, KvCache& cache, const torch::Tensor& tokens_BT,
                                   const std::vector<int64_t>& slots, const std::vector<int64_t>& start,
                                   const std::vector<int64_t>& lengths);

}  // namespace retort
