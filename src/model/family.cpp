#include "model/family.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/format.h"
#include "base/utf8.h"
#include "model/config_members.h"

namespace retort {
namespace {

constexpr std::array kFamilies = {&kLlama,  &kMistral, &kQwen2, &kQwen3, &kSmolLm3,
                                  &kGemma2, &kGemma3,  &kPhi3,  &kOlmo2};
constexpr int64_t kWindowMax = 1 << 30;

}  // namespace

const FamilyTraits& traits_of(Family family) {
  for (const FamilyTraits* traits : kFamilies)
    if (traits->family == family) return *traits;
  RETORT_CHECK(false, "family {} has no traits", static_cast<int>(family));
  return kLlama;
}

const FamilyTraits* find_family(std::string_view model_type) {
  auto found = std::find_if(kFamilies.begin(), kFamilies.end(),
                            [&](const FamilyTraits* traits) { return traits->model_type == model_type; });
  return found == kFamilies.end() ? nullptr : *found;
}

Result<void> read_biases(const Json& config, DecoderConfig& c) {
  c.query_key_value_bias = c.output_bias = RETORT_TRY(read_flag_or(config, "attention_bias", false));
  c.feed_forward_bias = RETORT_TRY(read_flag_or(config, "mlp_bias", false));
  return {};
}

void write_biases(const DecoderConfig& c, Json& config) {
  config.set("attention_bias", c.query_key_value_bias).set("mlp_bias", c.feed_forward_bias);
}

Result<Activation> read_activation(const Json& config, std::string_view member, std::string_view other) {
  std::string_view name = config.at_path(member).string_or(other);
  if (name == "silu") return Activation::Silu;
  if (name == "gelu_pytorch_tanh") return Activation::GeluTanh;
  return unsupported_config(format("{} {}", member, name));
}

Result<int64_t> read_window(const Json& config, int64_t other) {
  const Json* window = config.find("sliding_window");
  if (window == nullptr) return other;
  return window->is_null() ? Result<int64_t>(0) : read_size(config, "sliding_window", kWindowMax);
}

Result<void> read_layer_types(const Json& config, int64_t window, bool (*slides)(size_t, int64_t),
                              int64_t period, DecoderConfig& c) {
  const Json& types = config.at_path("layer_types");
  size_t layers = static_cast<size_t>(c.layers);
  c.layer_kinds.resize(layers);
  if (types.is_null()) {
    for (size_t i = 0; i < layers; ++i)
      if (slides(i, period)) c.layer_kinds[i].window = window;
    return {};
  }
  if (types.items().size() != layers)
    return Error{ErrorCode::Malformed, format("config.json: layer_types has {} entries for {} layers",
                                              types.items().size(), layers)};
  for (size_t i = 0; i < layers; ++i) {
    std::string_view type = types.items()[i].string_or("(no text)");
    if (type == "sliding_attention")
      c.layer_kinds[i].window = window;
    else if (type != "full_attention")
      return unsupported_config(format("a layer of the type {}", terminal_safe(type, 40)));
  }
  return {};
}

void set_windows(int64_t window, DecoderConfig& c) {
  if (window > 0) c.layer_kinds.assign(static_cast<size_t>(c.layers), LayerKind{.window = window});
}

Json layer_types_of(const DecoderConfig& c) {
  Json types = Json::array();
  for (size_t i = 0; i < static_cast<size_t>(c.layers); ++i)
    types.push(c.layer_kind(i).window > 0 ? "sliding_attention" : "full_attention");
  return types;
}

Json window_or_null(const DecoderConfig& c) {
  for (const LayerKind& kind : c.layer_kinds)
    if (kind.window > 0) return Json(kind.window);
  return nullptr;
}

}  // namespace retort
