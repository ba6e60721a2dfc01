#include "gguf/architecture.h"

#include <array>
#include <charconv>

#include "base/utf8.h"

namespace retort {
namespace {

using RowOrder = GgufArchitecture::RowOrder;

// In a list, the first that fits is taken: a GGUF "llama" may have been a Mistral, which without its window
// is the same.
constexpr std::array<GgufArchitecture, 4> kArchitectures = {{
    {"llama", "llama", "LlamaForCausalLM", RowOrder::Pairs},
    {"llama", "mistral", "MistralForCausalLM", RowOrder::Pairs},
    {"qwen2", "qwen2", "Qwen2ForCausalLM", RowOrder::Halves},
    {"qwen3", "qwen3", "Qwen3ForCausalLM", RowOrder::Halves},
}};

struct NamePair {
  std::string_view gguf, hugging_face;
};
constexpr NamePair kOutside[] = {{"token_embd.weight", "model.embed_tokens.weight"},
                                 {"output_norm.weight", "model.norm.weight"},
                                 {"output.weight", "lm_head.weight"}};
// Within a layer, without ".weight" or ".bias".
constexpr NamePair kInside[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},      {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"}, {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};
constexpr std::string_view kGgufLayer = "blk.", kHuggingFaceLayer = "model.layers.";

Error unknown_architecture(std::string_view what, std::string_view name) {
  std::string known;
  for (const GgufArchitecture& one : kArchitectures)
    if (known.find(one.model_type) == std::string::npos)
      known += format("{}{}", known.empty() ? "" : ", ", one.model_type);
  return {ErrorCode::InvalidArgument,
          format("{} \"{}\" is not known here as GGUF; {} are, so use one of those", what,
                 terminal_safe(name, 40), known)};
}

// Translates by the table, with `from` and `to` naming its columns.
std::optional<std::string> translate(std::string_view name, std::string_view NamePair::*from,
                                     std::string_view NamePair::*to, std::string_view layer_from,
                                     std::string_view layer_to) {
  for (const NamePair& pair : kOutside)
    if (pair.*from == name) return std::string(pair.*to);
  if (!name.starts_with(layer_from)) return std::nullopt;
  name.remove_prefix(layer_from.size());
  uint32_t layer = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  name.remove_prefix(static_cast<size_t>(end - name.data()) + 1);
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string_view kind = name.substr(dot);
  if (kind != ".weight" && kind != ".bias") return std::nullopt;
  for (const NamePair& pair : kInside)
    if (pair.*from == name.substr(0, dot)) return format("{}{}.{}{}", layer_to, layer, pair.*to, kind);
  return std::nullopt;
}

}  // namespace

Result<const GgufArchitecture*> find_gguf_architecture(std::string_view name) {
  for (const GgufArchitecture& one : kArchitectures)
    if (one.name == name) return &one;
  return unknown_architecture("the architecture", name);
}

Result<const GgufArchitecture*> find_model_type(std::string_view model_type) {
  for (const GgufArchitecture& one : kArchitectures)
    if (one.model_type == model_type) return &one;
  return unknown_architecture("the model type", model_type);
}

std::optional<std::string> hugging_face_name(std::string_view gguf_name) {
  return translate(gguf_name, &NamePair::gguf, &NamePair::hugging_face, kGgufLayer, kHuggingFaceLayer);
}

std::optional<std::string> gguf_name(std::string_view hugging_face_name) {
  return translate(hugging_face_name, &NamePair::hugging_face, &NamePair::gguf, kHuggingFaceLayer,
                   kGgufLayer);
}

}  // namespace retort
