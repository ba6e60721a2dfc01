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

// How several projections of one input become one tensor. Training joins the weights: one large product each
// way, and the copy is small beside many tokens. Decoding joins the outputs: with few tokens, copying the
// weights would cost as much as reading them.
enum class Join { Weights, Outputs };

torch::Tensor project(const torch::Tensor& x_BTD, const std::vector<torch::Tensor>& weights, Join join) {
  if (join == Join::Weights) return torch::linear(x_BTD, torch::cat(weights));
  std::vector<torch::Tensor> outputs;
  for (const torch::Tensor& weight : weights) outputs.push_back(torch::linear(x_BTD, weight));
  return torch::cat(outputs, -1);
}

// All layers and the final norm. `mix` is what differs between training and decoding, who attends to whom:
// from a layer's fused projection (B, T, (H + 2K) * E), queries, keys and values side by side, to (B, T, H *
// E).
template <class Mix>
torch::Tensor apply_layers(const Decoder& decoder, torch::Tensor x_BTD, Join join, const Mix& mix) {
  double epsilon = decoder.config.norm_epsilon;
  torch::Tensor normed_BTD = rms_norm(x_BTD, decoder.layers.at(0).attention_norm_D, epsilon);
  for (size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    torch::Tensor fused_BTC = project(normed_BTD, {layer.query_HED, layer.key_KED, layer.value_KED}, join);
    torch::Tensor mixed_BTD = torch::linear(mix(i, fused_BTC), layer.output_DHE);
    SumAndNorm middle = add_rms_norm(x_BTD, mixed_BTD, layer.feed_forward_norm_D, epsilon);
    torch::Tensor hidden_BTF = swiglu(project(middle.normed, {layer.gate_FD, layer.up_FD}, join));
    const torch::Tensor& next_norm_D =
        i + 1 < decoder.layers.size() ? decoder.layers[i + 1].attention_norm_D : decoder.final_norm_D;
    SumAndNorm end = add_rms_norm(middle.sum, torch::linear(hidden_BTF, layer.down_DF), next_norm_D, epsilon);
    x_BTD = end.sum, normed_BTD = end.normed;
  }
  return normed_BTD;
}

}  // namespace

torch::Tensor hidden_states(const Decoder& decoder, const PackedBatch& batch) {
  RETORT_CHECK(batch.tokens_BT.dim() == 2 && batch.tokens_BT.sizes() == batch.positions_BT.sizes() &&
                   batch.tokens_BT.sizes() == batch.documents_BT.sizes(),
               "a packed batch is three tensors of one shape (B, T)");
  const DecoderConfig& c = decoder.config;
  DocumentMap documents = map_documents(batch.positions_BT, batch.documents_BT, c.head_width, c.rope_base,
                                        decoder.embedding_VD.scalar_type());
  torch::Tensor x_BTD = torch::embedding(decoder.embedding_VD, batch.tokens_BT);
  return apply_layers(decoder, x_BTD, Join::Weights, [&](size_t, const torch::Tensor& fused_BTC) {
    return attend_documents(fused_BTC, c.heads, c.kv_heads, c.head_width, documents);
  });
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
  const DecoderConfig& c = decoder.config;
  int64_t rows = tokens_BT.size(0), width = tokens_BT.size(1);
  CachedRows where{slots, start, lengths};
  check_cached_rows(where, rows, width, cache.keys_SKTE.at(0).size(0), cache.keys_SKTE.at(0).size(2));
  torch::Tensor positions_BT =
      torch::tensor(start, torch::kInt64).unsqueeze(1) + torch::arange(width, torch::kInt64);
  RopeTable rope = rope_table(positions_BT.to(tokens_BT.device()), c.head_width, c.rope_base);
  torch::Tensor x_BTD = torch::embedding(decoder.embedding_VD, tokens_BT);
  return apply_layers(decoder, x_BTD, Join::Outputs, [&](size_t i, const torch::Tensor& fused_BTC) {
    torch::Tensor heads_BTHE = fused_BTC.unflatten(-1, {c.heads + 2 * c.kv_heads, c.head_width});
    torch::Tensor rotated_BTHE = rotate(heads_BTHE.narrow(2, 0, c.heads + c.kv_heads), rope);
    store_rows(rotated_BTHE.narrow(2, c.heads, c.kv_heads), cache.keys_SKTE[i], where);
    store_rows(heads_BTHE.narrow(2, c.heads + c.kv_heads, c.kv_heads), cache.values_SKTE[i], where);
    return attend_cached(rotated_BTHE.narrow(2, 0, c.heads), cache.keys_SKTE[i], cache.values_SKTE[i], where);
  });
}

}  // namespace retort
