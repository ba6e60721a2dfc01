// The decoder's forward pass, packed and cached: the same layer, over two kinds of attention.
#include <optional>

#include "base/check.h"
#include "model/decoder.h"
#include "nn/attention.h"
#include "nn/cached_attention.h"
#include "nn/rms_norm.h"
#include "nn/rope.h"
#include "nn/swiglu.h"

namespace retort {
namespace {

torch::Tensor norm(const torch::Tensor& x, const torch::Tensor& weight, const DecoderConfig& c) {
  if (c.norm_weight == NormWeight::Plain) return rms_norm(x, weight, c.norm_epsilon);
  torch::Tensor wide = weight.to(torch::kFloat32);
  return rms_norm(x, c.norm_weight == NormWeight::OnePlus ? wide + 1 : wide, c.norm_epsilon);
}

// The residual stream's step, and what the next part reads: the norm of the sum, or the sum where no norm
// stands before that part.
SumAndNorm add_norm(const torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight,
                    const DecoderConfig& c) {
  if (weight.defined() && c.norm_weight == NormWeight::Plain)
    return add_rms_norm(x, added, weight, c.norm_epsilon);
  torch::Tensor sum = x + added;
  return {sum, weight.defined() ? norm(sum, weight, c) : sum};
}

// What a part gives, normed where a norm follows it.
torch::Tensor norm_after(const torch::Tensor& x, const torch::Tensor& weight, const DecoderConfig& c) {
  return weight.defined() ? norm(x, weight, c) : x;
}

// Queries, keys and values side by side, (B, T, (H + 2K) * E), normed but not yet rotated.
torch::Tensor fused_projection(const torch::Tensor& x_BTD, const DecoderLayer& layer, const DecoderConfig& c,
                               Join join) {
  torch::Tensor fused_BTC = project_joined(x_BTD, {&layer.query, &layer.key, &layer.value}, join);
  if (c.query_key_norm == QueryKeyNorm::None) return fused_BTC;
  int64_t queries = c.heads * c.head_width, keys = c.kv_heads * c.head_width;
  auto normed = [&](int64_t begin, int64_t count, const torch::Tensor& weight) {
    torch::Tensor part = fused_BTC.narrow(-1, begin, count);
    if (c.query_key_norm == QueryKeyNorm::Whole) return norm(part, weight, c);
    return norm(part.unflatten(-1, {count / c.head_width, c.head_width}), weight, c).flatten(-2);
  };
  return torch::cat({normed(0, queries, layer.query_norm), normed(queries, keys, layer.key_norm),
                     fused_BTC.narrow(-1, queries + keys, keys)},
                    -1);
}

torch::Tensor feed_forward(const torch::Tensor& x_BTD, const DecoderLayer& layer, const DecoderConfig& c,
                           Join join) {
  torch::Tensor gate_up = project_joined(x_BTD, {&layer.gate, &layer.up}, join);
  return project(c.activation == Activation::Silu ? swiglu(gate_up) : geglu(gate_up), layer.down);
}

// All layers and the final norm. `mix` is what differs between training and decoding, who attends to whom:
// from a layer's fused projection (B, T, (H + 2K) * E), queries, keys and values side by side, to (B, T, H *
// E).
template <class Mix>
torch::Tensor apply_layers(const Decoder& decoder, torch::Tensor x_BTD, Join join, const Mix& mix) {
  const DecoderConfig& c = decoder.config;
  torch::Tensor normed_BTD = norm_after(x_BTD, decoder.layers.at(0).attention_norm_D, c);
  for (size_t i = 0; i < decoder.layers.size(); ++i) {
    const DecoderLayer& layer = decoder.layers[i];
    torch::Tensor fused_BTC = fused_projection(normed_BTD, layer, c, join);
    torch::Tensor mixed_BTD = project(mix(i, fused_BTC), layer.output);
    SumAndNorm middle =
        add_norm(x_BTD, norm_after(mixed_BTD, layer.after_attention_norm_D, c), layer.feed_forward_norm_D, c);
    torch::Tensor fed_BTD = feed_forward(middle.normed, layer, c, join);
    const torch::Tensor& next_norm_D =
        i + 1 < decoder.layers.size() ? decoder.layers[i + 1].attention_norm_D : decoder.final_norm_D;
    SumAndNorm end =
        add_norm(middle.sum, norm_after(fed_BTD, layer.after_feed_forward_norm_D, c), next_norm_D, c);
    x_BTD = end.sum, normed_BTD = end.normed;
  }
  return normed_BTD;
}

torch::Tensor embed(const Decoder& decoder, const torch::Tensor& tokens_BT) {
  torch::Tensor x_BTD = torch::embedding(decoder.embedding_VD, tokens_BT);
  double scale = decoder.config.embedding_scale;
  // The factor is rounded to the model's type first, as Gemma was trained.
  return scale == 1 ? x_BTD : x_BTD * torch::full({}, scale, x_BTD.options());
}

AttentionOptions attention_options(const DecoderConfig& c, size_t layer) {
  return {.heads = c.heads,
          .kv_heads = c.kv_heads,
          .head_width = c.head_width,
          .scale = c.score_scale(),
          .softcap = c.attention_softcap,
          .window = c.layer_kind(layer).window};
}

// A table for each RoPE that some layer has.
class RopeTables {
 public:
  RopeTables(const DecoderConfig& c, const torch::Tensor& positions_BT, const torch::Tensor& lengths_BT) {
    for (size_t i = 0; i < static_cast<size_t>(c.layers); ++i) {
      LayerRope rope = c.layer_kind(i).rope;
      std::optional<RopeTable>& table = tables_[static_cast<size_t>(rope)];
      if (!table) table = rope_table(positions_BT, lengths_BT, c.rope_of(rope));
    }
  }
  const RopeTable& of(LayerRope rope) const { return *tables_[static_cast<size_t>(rope)]; }

 private:
  std::optional<RopeTable> tables_[3];
};

bool needs_lengths(const DecoderConfig& c) { return c.rope_scaling.kind == RopeScalingKind::LongRope; }

}  // namespace

torch::Tensor hidden_states(const Decoder& decoder, const PackedBatch& batch) {
  RETORT_CHECK(batch.tokens_BT.dim() == 2 && batch.tokens_BT.sizes() == batch.positions_BT.sizes() &&
                   batch.tokens_BT.sizes() == batch.documents_BT.sizes(),
               "a packed batch is three tensors of one shape (B, T)");
  const DecoderConfig& c = decoder.config;
  DocumentMap documents = map_documents(batch.documents_BT, decoder.embedding_VD.scalar_type());
  torch::Tensor lengths_BT = needs_lengths(c) ? document_lengths(batch.documents_BT) : torch::Tensor();
  RopeTables ropes(c, batch.positions_BT, lengths_BT);
  return apply_layers(decoder, embed(decoder, batch.tokens_BT), Join::Weights,
                      [&](size_t i, const torch::Tensor& fused_BTC) {
                        return attend_documents(fused_BTC, attention_options(c, i),
                                                ropes.of(c.layer_kind(i).rope), documents);
                      });
}

torch::Tensor logits_of(const Decoder& decoder, const torch::Tensor& hidden) {
  torch::Tensor logits = torch::linear(hidden, decoder.head_VD);
  double cap = decoder.config.final_softcap;
  return cap > 0 ? torch::tanh(logits / cap) * cap : logits;
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
  torch::Tensor start_B1 = torch::tensor(start, torch::kInt64).unsqueeze(1);
  torch::Tensor positions_BT = (start_B1 + torch::arange(width, torch::kInt64)).to(tokens_BT.device());
  torch::Tensor lengths_BT;
  if (needs_lengths(c))
    lengths_BT = (start_B1 + torch::tensor(lengths, torch::kInt64).unsqueeze(1))
                     .expand({rows, width})
                     .to(tokens_BT.device());
  RopeTables ropes(c, positions_BT, lengths_BT);
  return apply_layers(
      decoder, embed(decoder, tokens_BT), Join::Outputs, [&](size_t i, const torch::Tensor& fused_BTC) {
        torch::Tensor heads_BTHE = fused_BTC.unflatten(-1, {c.heads + 2 * c.kv_heads, c.head_width});
        torch::Tensor rotated_BTHE =
            rotate(heads_BTHE.narrow(2, 0, c.heads + c.kv_heads), ropes.of(c.layer_kind(i).rope));
        store_rows(rotated_BTHE.narrow(2, c.heads, c.kv_heads), cache.keys_SKTE[i], where);
        store_rows(heads_BTHE.narrow(2, c.heads + c.kv_heads, c.kv_heads), cache.values_SKTE[i], where);
        return attend_cached(rotated_BTHE.narrow(2, 0, c.heads), cache.keys_SKTE[i], cache.values_SKTE[i],
                             where, attention_options(c, i));
      });
}

}  // namespace retort
