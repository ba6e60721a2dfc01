#include "gguf/mix.h"

#include <charconv>

#include "base/utf8.h"

namespace retort {
namespace {

struct MixName {
  GgufMix mix;
  std::string_view name;
  int64_t file_type;
};
constexpr MixName kMixes[] = {{GgufMix::F32, "f32", 0},
                              {GgufMix::F16, "f16", 1},
                              {GgufMix::BF16, "bf16", 32},
                              {GgufMix::Q8_0, "q8_0", 7},
                              {GgufMix::Q4_K_M, "q4_k_m", 15}};

// The layer in "blk.7.ffn_down.weight"; none outside layers.
std::optional<int64_t> layer_of(std::string_view name) {
  int64_t layer = 0;
  if (!name.starts_with("blk.")) return std::nullopt;
  name.remove_prefix(4);
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  if (error != std::errc()) return std::nullopt;
  return layer;
}

// The first and the last eighth of the layers, and every third between.
bool deserves_more_bits(int64_t layer, int64_t layers) {
  int64_t eighth = layers / 8;
  return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
}

// llama.cpp counts layers as its 70B if there are 80, and then spares the values' bits (many heads share
// them).
constexpr int64_t kManyLayers = 80;

GgufTensorType type_in_q4_k_m(const GgufMixContext& context, std::string_view name) {
  if (name == "output.weight" || (context.tied && name == "token_embd.weight")) return GgufTensorType::Q6_K;
  std::optional<int64_t> layer = layer_of(name);
  bool more = layer && deserves_more_bits(*layer, context.layers);
  if (name.ends_with(".attn_v.weight")) {
    if (more) return GgufTensorType::Q6_K;
    return context.layers == kManyLayers ? GgufTensorType::Q5_K : GgufTensorType::Q4_K;
  }
  if (name.ends_with(".attn_qkv.weight")) return GgufTensorType::Q5_K;
  if (name.ends_with(".ffn_down.weight") && more) return GgufTensorType::Q6_K;
  return GgufTensorType::Q4_K;
}

GgufTensorType fall_back(GgufTensorType type, int64_t row) {
  if (row % block_shape(type).elements == 0) return type;
  switch (type) {
    case GgufTensorType::Q4_K:
      return fall_back(GgufTensorType::Q5_0, row);
    case GgufTensorType::Q5_K:
    case GgufTensorType::Q6_K:
      return fall_back(GgufTensorType::Q8_0, row);
    default:
      return GgufTensorType::F16;
  }
}

}  // namespace

Result<GgufMix> parse_gguf_mix(std::string_view name) {
  for (const MixName& one : kMixes)
    if (one.name == name) return one.mix;
  return Error{ErrorCode::InvalidArgument,
               format("GGUF is not written as \"{}\" here; use f32, f16, bf16, q8_0 or q4_k_m",
                      terminal_safe(name, 40))};
}

int64_t gguf_file_type(GgufMix mix) {
  for (const MixName& one : kMixes)
    if (one.mix == mix) return one.file_type;
  return 0;
}

GgufTensorType tensor_type_in(const GgufMixContext& context, std::string_view gguf_name,
                              const std::vector<int64_t>& shape) {
  if (shape.size() < 2 || gguf_name.ends_with("_norm.weight")) return GgufTensorType::F32;
  switch (context.mix) {
    case GgufMix::F32:
      return GgufTensorType::F32;
    case GgufMix::F16:
      return GgufTensorType::F16;
    case GgufMix::BF16:
      return GgufTensorType::BF16;
    case GgufMix::Q8_0:
      return fall_back(GgufTensorType::Q8_0, shape.back());
    case GgufMix::Q4_K_M:
      return fall_back(type_in_q4_k_m(context, gguf_name), shape.back());
  }
  return GgufTensorType::F32;
}

}  // namespace retort
