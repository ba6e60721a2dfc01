#include "model/decoder_config.h"

#include <cmath>

#include "base/check.h"

namespace retort {

LayerKind DecoderConfig::layer_kind(size_t index) const {
  return layer_kinds.empty() ? LayerKind{} : layer_kinds.at(index);
}

Rope DecoderConfig::rope_of(LayerRope rope) const {
  if (rope == LayerRope::None) return {.width = 0, .base = 1, .scaling = {}};
  int64_t rope_width = rotated_width > 0 ? rotated_width : head_width;
  if (rope == LayerRope::Local) return {.width = rope_width, .base = local_rope_base, .scaling = {}};
  return {.width = rope_width, .base = rope_base, .scaling = rope_scaling};
}

double DecoderConfig::score_scale() const {
  return query_scale > 0 ? query_scale : 1 / std::sqrt(static_cast<double>(head_width));
}

void check_decoder_config(const DecoderConfig& c) {
  RETORT_CHECK(c.vocabulary > 0 && c.width > 0 && c.layers > 0 && c.feed_forward > 0 && c.context > 0,
               "a decoder needs positive sizes");
  RETORT_CHECK(c.kv_heads > 0 && c.heads % c.kv_heads == 0, "{} heads over {} key heads", c.heads,
               c.kv_heads);
  RETORT_CHECK(c.head_width > 0 && c.head_width % 2 == 0, "head width {} must be even", c.head_width);
  RETORT_CHECK(c.rotated_width >= 0 && c.rotated_width % 2 == 0 && c.rotated_width <= c.head_width,
               "{} elements of a head of {} are rotated", c.rotated_width, c.head_width);
  RETORT_CHECK(c.layer_kinds.empty() || c.layer_kinds.size() == static_cast<size_t>(c.layers),
               "{} kinds for {} layers", c.layer_kinds.size(), c.layers);
}

}  // namespace retort
