#include "model/adapter.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/random.h"

namespace retort {
namespace {

struct NamedProjection {
  std::string module;  // "self_attn.q_proj"
  Projection* projection;
  std::string target() const { return module.substr(module.find('.') + 1); }
};

std::vector<NamedProjection> projections_of(DecoderLayer& layer) {
  return {{"self_attn.q_proj", &layer.query}, {"self_attn.k_proj", &layer.key},
          {"self_attn.v_proj", &layer.value}, {"self_attn.o_proj", &layer.output},
          {"mlp.gate_proj", &layer.gate},     {"mlp.up_proj", &layer.up},
          {"mlp.down_proj", &layer.down}};
}

torch::Tensor uniform_weight(uint64_t seed, const std::string& name, int64_t rows, int64_t columns) {
  torch::Tensor weight = torch::empty({rows, columns}, torch::kFloat32);
  Random random(seed, format("adapter/{}", name));
  const double bound = 1 / std::sqrt(static_cast<double>(columns));
  float* values = weight.data_ptr<float>();
  for (int64_t i = 0; i < weight.numel(); ++i)
    values[i] = static_cast<float>(bound * (2 * random.uniform() - 1));
  return weight;
}

Result<void> check_targets(const AdapterOptions& options) {
  DecoderLayer layer;
  std::vector<NamedProjection> known = projections_of(layer);
  for (const std::string& target : options.targets)
    if (std::none_of(known.begin(), known.end(), [&](auto& p) { return p.target() == target; }))
      return Error{
          ErrorCode::InvalidArgument,
          format("the adapter's target \"{}\" is no projection of a layer; use q_proj, k_proj, v_proj, "
                 "o_proj, gate_proj, up_proj or down_proj",
                 target)};
  if (options.rank < 1 || options.targets.empty())
    return Error{ErrorCode::InvalidArgument, format("an adapter of rank {} on {} targets is none; use a rank "
                                                    "of 1 or more, and at least one target",
                                                    options.rank, options.targets.size())};
  return {};
}

}  // namespace

Result<void> attach_adapters(Decoder& decoder, const AdapterOptions& options, uint64_t seed) {
  RETORT_TRY(check_targets(options));
  if (!adapter_weights(decoder).empty())
    return Error{ErrorCode::InvalidArgument, "the decoder has an adapter already; merge it first"};
  for (size_t i = 0; i < decoder.layers.size(); ++i)
    for (NamedProjection& named : projections_of(decoder.layers[i])) {
      if (std::find(options.targets.begin(), options.targets.end(), named.target()) == options.targets.end())
        continue;
      Projection& p = *named.projection;
      std::string name = format("layers.{}.{}", i, named.module);
      torch::Device device = p.weight.device();
      p.adapter_down = uniform_weight(seed, name, options.rank, p.weight.size(1)).to(device);
      p.adapter_up = torch::zeros({p.weight.size(0), options.rank}, p.adapter_down.options());
      p.adapter_scale = options.alpha / static_cast<double>(options.rank);
    }
  return {};
}

std::vector<std::pair<std::string, torch::Tensor*>> adapter_weights(Decoder& decoder) {
  std::vector<std::pair<std::string, torch::Tensor*>> weights;
  for (size_t i = 0; i < decoder.layers.size(); ++i)
    for (NamedProjection& named : projections_of(decoder.layers[i])) {
      if (!named.projection->adapter_down.defined()) continue;
      std::string prefix = format("base_model.model.model.layers.{}.{}.", i, named.module);
      weights.emplace_back(prefix + "lora_A.weight", &named.projection->adapter_down);
      weights.emplace_back(prefix + "lora_B.weight", &named.projection->adapter_up);
    }
  return weights;
}

void merge_adapters(Decoder& decoder) {
  torch::NoGradGuard no_grad;
  for (DecoderLayer& layer : decoder.layers)
    for (NamedProjection& named : projections_of(layer)) {
      Projection& p = *named.projection;
      if (!p.adapter_down.defined()) continue;
      torch::Tensor added =
          torch::matmul(p.adapter_up.to(torch::kFloat32), p.adapter_down.to(torch::kFloat32));
      p.weight.add_((added * p.adapter_scale).to(p.weight.scalar_type()));
      p.adapter_down = p.adapter_up = torch::Tensor();
      p.adapter_scale = 1;
    }
}

}  // namespace retort
