#include "model/decoder.h"

#include <array>
#include <cmath>
#include <string_view>

#include "base/check.h"
#include "base/format.h"
#include "base/random.h"
#include "nn/memory.h"
#include "nn/packed_weight.h"

namespace retort {
namespace {

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

std::array<Projection*, 7> projections_of(DecoderLayer& layer) {
  return {&layer.query, &layer.key, &layer.value, &layer.output, &layer.gate, &layer.up, &layer.down};
}

}  // namespace

int64_t weight_count(const Decoder& decoder) {
  int64_t count = 0;
  for (const auto& [name, weight] : named_weights(const_cast<Decoder&>(decoder)))
    count += c10::multiply_integers(weight_shape(decoder.config, name));
  return count;
}

Decoder make_decoder(const DecoderConfig& config, uint64_t seed, torch::ScalarType dtype) {
  check_decoder_config(config);
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
      bool zero = name.ends_with(".bias") || config.norm_weight == NormWeight::OnePlus;
      *weight = torch::full(shape, zero ? 0.0 : 1.0, dtype);
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

Decoder packed_for_decoding(const Decoder& decoder) {
  Decoder packed = decoder;
  const int64_t bytes = weight_count(decoder) * static_cast<int64_t>(sizeof(int16_t));
  if (!decoder.head_VD.is_cpu() || decoder.int8_head.defined() || bytes > available_bytes(torch::kCPU) / 2)
    return packed;
  for (DecoderLayer& layer : packed.layers)
    for (Projection* projection : projections_of(layer)) projection->packed = pack_weight(projection->weight);
  packed.packed_head = pack_weight(packed.head_VD);
  return packed;
}

// By way of bf16, so that it is the same of a file read in fp32 and of one read in bf16.
Decoder int8_for_decoding(Decoder decoder) {
  for (DecoderLayer& layer : decoder.layers)
    for (Projection* projection : projections_of(layer)) {
      RETORT_CHECK(!projection->adapter_down.defined(), "an adapter is not merged");
      projection->int8 = make_int8_weight(projection->weight.to(torch::kBFloat16));
      projection->weight = torch::Tensor();
    }
  decoder.int8_head = make_int8_weight(decoder.head_VD.to(torch::kBFloat16));
  decoder.head_VD = torch::Tensor();
  for (auto& [name, weight] : named_weights(decoder))
    if (weight->defined()) *weight = weight->to(torch::kBFloat16);
  return decoder;
}

void move_to(torch::Device device, Decoder& decoder) {
  for (auto& [name, weight] : named_weights(decoder)) *weight = weight->to(device);
  if (decoder.config.tied) decoder.head_VD = decoder.embedding_VD;
}

}  // namespace retort
