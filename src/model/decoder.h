// A LLaMA-family decoder as plain structs of tensors and functions over them. Knows no file, tokenizer or
// store. Shapes: B rows, T tokens a row, D width, H query heads, K key/value heads, E head width, F
// feed-forward width, V vocabulary, L layers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nn/torch.h"

namespace retort {

struct DecoderConfig {
  int64_t vocabulary = 0;    // V
  int64_t width = 0;         // D
  int64_t layers = 0;        // L
  int64_t heads = 0;         // H
  int64_t kv_heads = 0;      // K, divides H
  int64_t head_width = 0;    // E
  int64_t feed_forward = 0;  // F
  double rope_base = 10'000;
  double norm_epsilon = 1e-5;
  bool tied = true;         // the head is the embedding
  int64_t context = 2'048;  // longest sequence that it was made for
};

struct DecoderLayer {
  torch::Tensor attention_norm_D;
  torch::Tensor query_HED, key_KED, value_KED;  // (H*E, D), (K*E, D), (K*E, D)
  torch::Tensor output_DHE;                     // (D, H*E)
  torch::Tensor feed_forward_norm_D;
  torch::Tensor gate_FD, up_FD, down_DF;
};

struct Decoder {
  DecoderConfig config;
  torch::Tensor embedding_VD;
  std::vector<DecoderLayer> layers;
  torch::Tensor final_norm_D;
  torch::Tensor head_VD;  // the same tensor as embedding_VD when tied
};

// Every weight once, with its Hugging Face name ("model.layers.0.self_attn.q_proj.weight"), in a fixed order;
// a tied head is left out.
std::vector<std::pair<std::string, torch::Tensor*>> named_weights(Decoder& decoder);
// The shape of the weight of that name.
std::vector<int64_t> weight_shape(const DecoderConfig& config, std::string_view name);
int64_t weight_count(const Decoder& decoder);
// Normal(0, 0.02) from the counter-based generator (same seed, same weights), output and down projections
// scaled by 1/sqrt(2L); norms 1.
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
