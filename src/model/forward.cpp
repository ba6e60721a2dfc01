// The decoder's forward pass, packed and cached: the same layer, over two kinds of attention.
#include "base/check.h"
#include "model/decoder.h"
#include "nn/attention.h"
#include "nn/cached_attention.h"
#include "nn/rms_norm.h"
#include "nn/rope.h"
#include "nn/swiglu.h"

namespace retort {
namespace {

// x (B, T, D) through weight (heads*E, D), split into heads.
torch::Tensor project_heads(const torch::Tensor& x_BTD, const torch::Tensor& weight, int64_t head_width) {
  return torch::linear(x_BTD, weight).unflatten(-1, {-1, head_width});
}

// One layer; `mix(q, k, v)` is what differs between training and decoding: who attends to whom.
template <class Mix>
torch::Tensor apply_layer(const DecoderLayer& layer, const DecoderConfig& config, const torch::Tensor& x_BTD,
                          const RopeTable& rope, const Mix& mix) {
  torch::Tensor normed_BTD = rms_norm(x_BTD, layer.attention_norm_D, config.norm_epsilon);
  torch::Tensor q_BTHE = rotate(project_heads(normed_BTD, layer.query_HED, config.head_width), rope);
  torch::Tensor k_BTKE = rotate(project_heads(normed_BTD, layer.key_KED, config.head_width), rope);
  torch::Tensor v_BTKE = project_heads(normed_BTD, layer.value_KED, config.head_width);
  torch::Tensor mid_BTD = x_BTD + torch::linear(mix(q_BTHE, k_BTKE, v_BTKE), layer.output_DHE);

  normed_BTD = rms_norm(mid_BTD, layer.feed_forward_norm_D, config.norm_epsilon);
  torch::Tensor hidden_BTF =
      swiglu(torch::linear(normed_BTD, layer.gate_FD), torch::linear(normed_BTD, layer.up_FD));
  return mid_BTD + torch::linear(hidden_BTF, layer.down_DF);
}

}  // namespace

torch::Tensor hidden_states(const Decoder& decoder, const PackedBatch& batch) {
  RETORT_CHECK(batch.tokens_BT.dim() == 2 && batch.tokens_BT.sizes() == batch.positions_BT.sizes() &&
                   batch.tokens_BT.sizes() == batch.documents_BT.sizes(),
               "a packed batch is three tensors of one shape (B, T)");
  RopeTable rope = rope_table(batch.positions_BT, decoder.config.head_width, decoder.config.rope_base);
  torch::Tensor mask_B1TT = document_mask(batch.documents_BT);
  torch::Tensor x_BTD = torch::embedding(decoder.embedding_VD, batch.tokens_BT);
  for (const DecoderLayer& layer : decoder.layers)
    x_BTD = apply_layer(layer, decoder.config, x_BTD, rope, [&](const auto& q, const auto& k, const auto& v) {
      return attend(q, k, v, mask_B1TT);
    });
  return rms_norm(x_BTD, decoder.final_norm_D, decoder.config.norm_epsilon);
}

KvCache make_kv_cache(const DecoderConfig& config, int64_t slots, int64_t tokens, torch::ScalarType dtype,
                      torch::Device device) {
  auto options = torch::TensorOptions().dtype(dtype).device(device);
  KvCache cache;
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    cache.keys_SKTE.push_back(torch::zeros({slots, config.kv_heads, tokens, config.head_width}, options));
    cache.values_SKTE.push_back(torch::zeros_like(cache.keys_SKTE.back()));
  }
  return cache;
}

torch::Tensor hidden_states_cached(const Decoder& decoder, KvCache& cache, const torch::Tensor& tokens_BT,
                                   const std::vector<int64_t>& slots, const std::vector<int64_t>& start,
                                   const std::vector<int64_t>& lengths) {
  torch::NoGradGuard no_grad;
  RETORT_CHECK(tokens_BT.dim() == 2, "tokens of {} dimensions", tokens_BT.dim());
  int64_t rows = tokens_BT.size(0), width = tokens_BT.size(1);
  CachedRows where{slots, start, lengths};
  check_cached_rows(where, rows, width, cache.keys_SKTE.at(0).size(0), cache.keys_SKTE.at(0).size(2));
  torch::Tensor positions_BT =
      torch::tensor(start, torch::kInt64).unsqueeze(1) + torch::arange(width, torch::kInt64);
  RopeTable rope =
      rope_table(positions_BT.to(tokens_BT.device()), decoder.config.head_width, decoder.config.rope_base);
  torch::Tensor x_BTD = torch::embedding(decoder.embedding_VD, tokens_BT);
  for (size_t i = 0; i < decoder.layers.size(); ++i)
    x_BTD = apply_layer(decoder.layers[i], decoder.config, x_BTD, rope,
                        [&](const auto& q, const auto& k, const auto& v) {
                          store_rows(k, cache.keys_SKTE[i], where);
                          store_rows(v, cache.values_SKTE[i], where);
                          return attend_cached(q, cache.keys_SKTE[i], cache.values_SKTE[i], where);
                        });
  return rms_norm(x_BTD, decoder.final_norm_D, decoder.config.norm_epsilon);
}

}  // namespace retort
