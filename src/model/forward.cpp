// The decoder's forward pass, packed and cached: the same layer, over two kinds of attention.
#include <memory>
#include <optional>

#include "base/check.h"
#include "model/decoder.h"
#include "nn/attention.h"
#include "nn/cached_mix.h"
#include "nn/packed_weight.h"
#include "nn/recompute.h"
#include "nn/rms_norm.h"
#include "nn/rope.h"
#include "nn/row_linear.h"
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
  return project(c.activation == Activation::Silu ? swiglu(gate_up) : geglu(gate_up), layer.down, join);
}

// The residual stream between two layers, and the norm of it that the next one reads (behind the last layer
// the final norm).
using Stream = SumAndNorm;

Stream enter_layer(const Decoder& decoder, const torch::Tensor& x_BTD, size_t layer) {
  return {x_BTD, norm_after(x_BTD, decoder.layers.at(layer).attention_norm_D, decoder.config)};
}

// One layer. `mix` is what differs between training and decoding, who attends to whom: from a layer's fused
// projection (B, T, (H + 2K) * E), queries, keys and values side by side, to (B, T, H * E).
template <class Mix>
Stream apply_layer(const Decoder& decoder, size_t i, const Stream& in, Join join, const Mix& mix) {
  const DecoderConfig& c = decoder.config;
  const DecoderLayer& layer = decoder.layers[i];
  torch::Tensor fused_BTC = fused_projection(in.normed, layer, c, join);
  torch::Tensor mixed_BTD = project(mix(i, fused_BTC), layer.output, join);
  Stream middle =
      add_norm(in.sum, norm_after(mixed_BTD, layer.after_attention_norm_D, c), layer.feed_forward_norm_D, c);
  torch::Tensor fed_BTD = feed_forward(middle.normed, layer, c, join);
  const torch::Tensor& next_norm_D =
      i + 1 < decoder.layers.size() ? decoder.layers[i + 1].attention_norm_D : decoder.final_norm_D;
  return add_norm(middle.sum, norm_after(fed_BTD, layer.after_feed_forward_norm_D, c), next_norm_D, c);
}

// All layers and the final norm.
template <class Mix>
torch::Tensor apply_layers(const Decoder& decoder, const torch::Tensor& x_BTD, Join join, const Mix& mix) {
  Stream stream = enter_layer(decoder, x_BTD, 0);
  for (size_t i = 0; i < decoder.layers.size(); ++i) stream = apply_layer(decoder, i, stream, join, mix);
  return stream.normed;
}

// The same, keeping nothing but what goes from layer to layer. `mix` must outlive the backward pass.
template <class Mix>
torch::Tensor recompute_layers(const Decoder& decoder, torch::Tensor x_BTD, const Mix& mix) {
  for (size_t i = 0; i < decoder.layers.size(); ++i) {
    bool last = i + 1 == decoder.layers.size();
    x_BTD = recomputed(x_BTD, [&decoder, i, last, mix](const torch::Tensor& x) {
      Stream out = apply_layer(decoder, i, enter_layer(decoder, x, i), Join::Weights, mix);
      return last ? out.normed : out.sum;
    });
  }
  return x_BTD;
}

torch::ScalarType model_type(const Decoder& decoder) { return decoder.final_norm_D.scalar_type(); }

torch::Tensor embed(const Decoder& decoder, const torch::Tensor& tokens_BT) {
  // In training the embedding may be wider than what multiplies.
  torch::Tensor x_BTD = torch::embedding(decoder.embedding_VD, tokens_BT).to(model_type(decoder));
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

torch::Tensor hidden_states(const Decoder& decoder, const PackedBatch& batch, Recompute recompute) {
  RETORT_CHECK(batch.tokens_BT.dim() == 2 && batch.tokens_BT.sizes() == batch.positions_BT.sizes() &&
                   batch.tokens_BT.sizes() == batch.documents_BT.sizes(),
               "a packed batch is three tensors of one shape (B, T)");
  const DecoderConfig& c = decoder.config;
  auto documents = std::make_shared<DocumentMap>(map_documents(batch.documents_BT, model_type(decoder)));
  torch::Tensor lengths_BT = needs_lengths(c) ? document_lengths(batch.documents_BT) : torch::Tensor();
  auto ropes = std::make_shared<RopeTables>(c, batch.positions_BT, lengths_BT);
  auto mix = [&c, documents, ropes](size_t i, const torch::Tensor& fused_BTC) {
    return attend_documents(fused_BTC, attention_options(c, i), ropes->of(c.layer_kind(i).rope), *documents);
  };
  torch::Tensor x_BTD = embed(decoder, batch.tokens_BT);
  return recompute == Recompute::Layers ? recompute_layers(decoder, x_BTD, mix)
                                        : apply_layers(decoder, x_BTD, Join::Weights, mix);
}

torch::Tensor logits_of(const Decoder& decoder, const torch::Tensor& hidden) {
  torch::Tensor logits = decoder.int8_head.defined()
                             ? int8_linear(hidden, {{&decoder.int8_head, {}}}, torch::kFloat32)
                         : decoder.packed_head.defined() ? packed_linear(hidden, decoder.packed_head)
                         : has_row_linear(hidden, decoder.head_VD) ? row_linear(hidden, decoder.head_VD)
                                                                   : torch::linear(hidden, decoder.head_VD);
  double cap = decoder.config.final_softcap;
  return cap > 0 ? torch::tanh(logits / cap) * cap : logits;
}

KvCache make_kv_cache(const DecoderConfig& config, int64_t slots, int64_t tokens, torch::ScalarType dtype,
                      torch::Device device) {
  KvCache cache;
  for (int64_t layer = 0; layer < config.layers; ++layer)
    cache.layers.push_back(
        make_cached_layer(slots, config.kv_heads, tokens, config.head_width, dtype, device));
  return cache;
}

void copy_slot(KvCache& cache, int64_t from, int64_t to, int64_t tokens) {
  torch::NoGradGuard no_grad;
  for (CachedLayer& layer : cache.layers) copy_slot(layer, from, to, tokens);
}

torch::Tensor hidden_states_cached(const Decoder& decoder, KvCache& cache, const torch::Tensor& tokens_N,
                                   const CachedRows& rows) {
  torch::NoGradGuard no_grad;
  RETORT_CHECK(tokens_N.dim() == 1, "tokens of {} dimensions", tokens_N.dim());
  const DecoderConfig& c = decoder.config;
  check_cached_rows(rows, tokens_N.size(0), cache.layers.at(0).slots, cache.layers.at(0).tokens);
  torch::Tensor lengths_1N;
  if (needs_lengths(c)) {
    std::vector<int64_t> lengths;
    for (size_t b = 0; b < rows.slots.size(); ++b)
      lengths.insert(lengths.end(), static_cast<size_t>(rows.lengths[b]), rows.start[b] + rows.lengths[b]);
    lengths_1N = torch::tensor(lengths, torch::kInt64).unsqueeze(0).to(tokens_N.device());
  }
  RopeTables ropes(c, positions_of(rows).unsqueeze(0).to(tokens_N.device()), lengths_1N);
  torch::Tensor x_1ND = embed(decoder, tokens_N.unsqueeze(0));
  torch::Tensor hidden_1ND =
      apply_layers(decoder, x_1ND, Join::Outputs, [&](size_t i, const torch::Tensor& fused_1NC) {
        return mix_cached(fused_1NC[0], ropes.of(c.layer_kind(i).rope), cache.layers[i], rows,
                          attention_options(c, i))
            .unsqueeze(0);
      });
  return hidden_1ND[0];
}

}  // namespace retort
