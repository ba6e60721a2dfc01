#include "gguf/architecture.h"

#include <charconv>
#include <span>

#include "base/utf8.h"

namespace retort {
namespace {

using RowOrder = GgufArchitecture::RowOrder;
using Norms = GgufArchitecture::Norms;
using NormWeight = GgufArchitecture::NormWeight;

// In a list, the first that fits is taken: a GGUF "llama" may have been a Mistral, which without its window
// is the same.
constexpr GgufArchitecture kArchitectures[] = {
    {"llama", "llama", "LlamaForCausalLM", RowOrder::Pairs},
    {"llama", "mistral", "MistralForCausalLM", RowOrder::Pairs},
    {"qwen2", "qwen2", "Qwen2ForCausalLM"},
    {"qwen3", "qwen3", "Qwen3ForCausalLM"},
    {"smollm3", "smollm3", "SmolLM3ForCausalLM", RowOrder::Pairs},
    {"phi3", "phi3", "Phi3ForCausalLM"},
    {"olmo2", "olmo2", "Olmo2ForCausalLM", RowOrder::Halves, Norms::Behind},
    {"gemma2", "gemma2", "Gemma2ForCausalLM", RowOrder::Halves, Norms::Behind, NormWeight::PlusOne, true},
    {"gemma3", "gemma3_text", "Gemma3ForCausalLM", RowOrder::Halves, Norms::Behind, NormWeight::PlusOne,
     true},
};

struct NamePair {
  std::string_view hugging_face, gguf;
};
constexpr NamePair kOutside[] = {{"model.embed_tokens.weight", "token_embd.weight"},
                                 {"model.norm.weight", "output_norm.weight"},
                                 {"lm_head.weight", "output.weight"}};
// Within a layer, without ".weight" or ".bias". Phi-3's joined gate and up are its "up".
constexpr NamePair kInside[] = {
    {"input_layernorm", "attn_norm"},    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},      {"self_attn.v_proj", "attn_v"},
    {"self_attn.qkv_proj", "attn_qkv"},  {"self_attn.o_proj", "attn_output"},
    {"self_attn.q_norm", "attn_q_norm"}, {"self_attn.k_norm", "attn_k_norm"},
    {"mlp.gate_proj", "ffn_gate"},       {"mlp.up_proj", "ffn_up"},
    {"mlp.gate_up_proj", "ffn_up"},      {"mlp.down_proj", "ffn_down"},
};
constexpr NamePair kNormsBefore[] = {{"post_attention_layernorm", "ffn_norm"}};
constexpr NamePair kNormsBehind[] = {{"post_attention_layernorm", "post_attention_norm"},
                                     {"pre_feedforward_layernorm", "ffn_norm"},
                                     {"post_feedforward_layernorm", "post_ffw_norm"}};
constexpr std::string_view kLayer = "model.layers.";

std::string_view find_name(std::span<const NamePair> pairs, std::string_view name) {
  for (const NamePair& pair : pairs)
    if (pair.hugging_face == name) return pair.gguf;
  return "";
}

Error unknown_architecture(std::string_view what, std::string_view name) {
  std::string known;
  for (const GgufArchitecture& one : kArchitectures)
    if (known.find(one.model_type) == std::string::npos)
      known += format("{}{}", known.empty() ? "" : ", ", one.model_type);
  return {ErrorCode::InvalidArgument,
          format("{} \"{}\" is not known here as GGUF; {} are, so use one of those", what,
                 terminal_safe(name, 40), known)};
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

std::optional<std::string> gguf_name(const GgufArchitecture& architecture, std::string_view name) {
  if (std::string_view outside = find_name(kOutside, name); !outside.empty()) return std::string(outside);
  if (!name.starts_with(kLayer)) return std::nullopt;
  name.remove_prefix(kLayer.size());
  uint32_t layer = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  name.remove_prefix(static_cast<size_t>(end - name.data()) + 1);
  size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string_view part = name.substr(0, dot), kind = name.substr(dot);
  if (kind != ".weight" && kind != ".bias") return std::nullopt;
  std::string_view stored = find_name(kInside, part);
  if (stored.empty())
    stored =
        architecture.norms == Norms::Before ? find_name(kNormsBefore, part) : find_name(kNormsBehind, part);
  if (stored.empty()) return std::nullopt;
  return format("blk.{}.{}{}", layer, stored, kind);
}

}  // namespace retort
