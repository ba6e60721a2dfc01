// Which weights a decoder has, what each family calls them, and their shapes. A LLaMA's
// "post_attention_layernorm" stands before the feed-forward layer; where a norm follows attention, that name
// is its own.
#include "base/check.h"
#include "base/format.h"
#include "model/decoder.h"

namespace retort {
namespace {

using NamedWeights = std::vector<std::pair<std::string, torch::Tensor*>>;

enum class Bias { Without, With };
Bias bias_if(bool with) { return with ? Bias::With : Bias::Without; }

void add_projection(NamedWeights& weights, const std::string& name, Projection& projection, Bias bias) {
  weights.emplace_back(name + ".weight", &projection.weight);
  if (bias == Bias::With) weights.emplace_back(name + ".bias", &projection.bias);
}

void add_attention(NamedWeights& weights, const std::string& prefix, const DecoderConfig& c,
                   DecoderLayer& layer) {
  Bias bias = bias_if(c.query_key_value_bias);
  add_projection(weights, prefix + "q_proj", layer.query, bias);
  add_projection(weights, prefix + "k_proj", layer.key, bias);
  add_projection(weights, prefix + "v_proj", layer.value, bias);
  if (c.query_key_norm != QueryKeyNorm::None) {
    weights.emplace_back(prefix + "q_norm.weight", &layer.query_norm);
    weights.emplace_back(prefix + "k_norm.weight", &layer.key_norm);
  }
  add_projection(weights, prefix + "o_proj", layer.output, bias_if(c.output_bias));
}

void add_feed_forward(NamedWeights& weights, const std::string& prefix, const DecoderConfig& c,
                      DecoderLayer& layer) {
  Bias bias = bias_if(c.feed_forward_bias);
  add_projection(weights, prefix + "gate_proj", layer.gate, bias);
  add_projection(weights, prefix + "up_proj", layer.up, bias);
  add_projection(weights, prefix + "down_proj", layer.down, bias);
}

void add_layer(NamedWeights& weights, const std::string& prefix, const DecoderConfig& c,
               DecoderLayer& layer) {
  bool before = c.norm_placement != NormPlacement::After, after = c.norm_placement != NormPlacement::Before;
  if (before) weights.emplace_back(prefix + "input_layernorm.weight", &layer.attention_norm_D);
  add_attention(weights, prefix + "self_attn.", c, layer);
  if (after) weights.emplace_back(prefix + "post_attention_layernorm.weight", &layer.after_attention_norm_D);
  const char* middle = after ? "pre_feedforward_layernorm.weight" : "post_attention_layernorm.weight";
  if (before) weights.emplace_back(prefix + middle, &layer.feed_forward_norm_D);
  add_feed_forward(weights, prefix + "mlp.", c, layer);
  if (after)
    weights.emplace_back(prefix + "post_feedforward_layernorm.weight", &layer.after_feed_forward_norm_D);
}

}  // namespace

NamedWeights named_weights(Decoder& decoder) {
  NamedWeights weights;
  weights.emplace_back("model.embed_tokens.weight", &decoder.embedding_VD);
  for (size_t i = 0; i < decoder.layers.size(); ++i)
    add_layer(weights, format("model.layers.{}.", i), decoder.config, decoder.layers[i]);
  weights.emplace_back("model.norm.weight", &decoder.final_norm_D);
  if (!decoder.config.tied) weights.emplace_back("lm_head.weight", &decoder.head_VD);
  return weights;
}

std::vector<int64_t> weight_shape(const DecoderConfig& c, std::string_view name) {
  auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  int64_t queries = c.heads * c.head_width, keys = c.kv_heads * c.head_width;
  if (has(".q_norm.")) return {c.query_key_norm == QueryKeyNorm::Whole ? queries : c.head_width};
  if (has(".k_norm.")) return {c.query_key_norm == QueryKeyNorm::Whole ? keys : c.head_width};
  if (name.ends_with("norm.weight")) return {c.width};
  std::vector<int64_t> shape = has(".q_proj.")                          ? std::vector{queries, c.width}
                               : has(".k_proj.") || has(".v_proj.")     ? std::vector{keys, c.width}
                               : has(".o_proj.")                        ? std::vector{c.width, queries}
                               : has(".gate_proj.") || has(".up_proj.") ? std::vector{c.feed_forward, c.width}
                               : has(".down_proj.")                     ? std::vector{c.width, c.feed_forward}
                                                    : std::vector{c.vocabulary, c.width};  // embedding, head
  if (name.ends_with(".bias")) shape.pop_back();
  return shape;
}

}  // namespace retort
