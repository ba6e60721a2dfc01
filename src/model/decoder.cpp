#include "model/decoder.h"

#include <cmath>
#include <string_view>

#include "base/check.h"
#include "base/format.h"
#include "base/random.h"

namespace retort {
namespace {

void check_config(const DecoderConfig& c) {
  RETORT_CHECK(c.vocabulary > 0 && c.width > 0 && c.layers > 0 && c.feed_forward > 0 && c.context > 0,
               "a decoder needs positive sizes");
  RETORT_CHECK(c.kv_heads > 0 && c.heads % c.kv_heads == 0, "{} heads over {} key heads", c.heads,
               c.kv_heads);
  RETORT_CHECK(c.head_width > 0 && c.head_width % 2 == 0, "head width {} must be even", c.head_width);
}

// One stream a weight, named by the weight: a wider or deeper model shares what it can with a smaller one.
// Tokens that start far apart are told apart at once: with 0.02, rates that suit a small decoder move all
// embeddings by a seventh a step, and copying is learnt late.
constexpr double kEmbeddingDeviation = 0.3;

torch::Tensor normal_weight(uint64_t seed, std::string_view name, std::vector<int64_t> shape,
                            double deviation) {
  torch::Tensor weight = torch::empty(shape, torch::kFloat32);
  Random random(seed, format("init/{}", name));
  float* values = weight.data_ptr<float>();
  for (int64_t i = 0; i < weight.numel(); ++i) values[i] = static_cast<float>(deviation * random.normal());
  return weight;
}

}  // namespace

std::vector<int64_t> weight_shape(const DecoderConfig& c, std::string_view name) {
  auto ends = [&](std::string_view tail) { return name.ends_with(tail); };
  if (ends("norm.weight")) return {c.width};
  if (ends("q_proj.weight")) return {c.heads * c.head_width, c.width};
  if (ends("k_proj.weight") || ends("v_proj.weight")) return {c.kv_heads * c.head_width, c.width};
  if (ends("o_proj.weight")) return {c.width, c.heads * c.head_width};
  if (ends("gate_proj.weight") || ends("up_proj.weight")) return {c.feed_forward, c.width};
  if (ends("down_proj.weight")) return {c.width, c.feed_forward};
  return {c.vocabulary, c.width};  // embedding and head
}

std::vector<std::pair<std::string, torch::Tensor*>> named_weights(Decoder& decoder) {
  std::vector<std::pair<std::string, torch::Tensor*>> weights;
  weights.emplace_back("model.embed_tokens.weight", &decoder.embedding_VD);
  for (size_t i = 0; i < decoder.layers.size(); ++i) {
    DecoderLayer& layer = decoder.layers[i];
    std::string prefix = format("model.layers.{}.", i);
    weights.emplace_back(prefix + "input_layernorm.weight", &layer.attention_norm_D);
    weights.emplace_back(prefix + "self_attn.q_proj.weight", &layer.query_HED);
    weights.emplace_back(prefix + "self_attn.k_proj.weight", &layer.key_KED);
    weights.emplace_back(prefix + "self_attn.v_proj.weight", &layer.value_KED);
    weights.emplace_back(prefix + "self_attn.o_proj.weight", &layer.output_DHE);
    weights.emplace_back(prefix + "post_attention_layernorm.weight", &layer.feed_forward_norm_D);
    weights.emplace_back(prefix + "mlp.gate_proj.weight", &layer.gate_FD);
    weights.emplace_back(prefix + "mlp.up_proj.weight", &layer.up_FD);
    weights.emplace_back(prefix + "mlp.down_proj.weight", &layer.down_DF);
  }
  weights.emplace_back("model.norm.weight", &decoder.final_norm_D);
  if (!decoder.config.tied) weights.emplace_back("lm_head.weight", &decoder.head_VD);
  return weights;
}

int64_t weight_count(const Decoder& decoder) {
  int64_t count = 0;
  for (const auto& [name, weight] : named_weights(const_cast<Decoder&>(decoder))) count += weight->numel();
  return count;
}

Decoder make_decoder(const DecoderConfig& config, uint64_t seed, torch::ScalarType dtype) {
  check_config(config);
  Decoder decoder;
  decoder.config = config;
  decoder.layers.resize(static_cast<size_t>(config.layers));
  // Matrices keep the size of what passes through them at any width (0.05 at 128, GPT-2's 0.02 at 800). What
  // writes into the residual stream starts smaller, so that depth does not widen it (GPT-2).
  double deviation = 0.57 / std::sqrt(static_cast<double>(config.width));
  double residual_deviation = deviation / std::sqrt(2.0 * static_cast<double>(config.layers));
  for (auto& [name, weight] : named_weights(decoder)) {
    std::vector<int64_t> shape = weight_shape(config, name);
    if (shape.size() == 1) {
      *weight = torch::ones(shape, dtype);
      continue;
    }
    bool residual = name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight");
    bool embedding = !name.starts_with("model.layers.");
    *weight = normal_weight(seed, name, shape,
                            embedding  ? kEmbeddingDeviation
                            : residual ? residual_deviation
                                       : deviation)
                  .to(dtype);
  }
  if (config.tied) decoder.head_VD = decoder.embedding_VD;
  return decoder;
}

}  // namespace retort
