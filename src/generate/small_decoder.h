// For the tests of this room: a decoder small enough to sample from in a blink.
#pragma once

#include "model/decoder.h"

namespace retort {

inline DecoderConfig small_config() {
  return {.vocabulary = 97,
          .width = 32,
          .layers = 2,
          .heads = 4,
          .kv_heads = 2,
          .head_width = 8,
          .feed_forward = 64,
          .rope_base = 300,
          .tied = true,
          .context = 48};
}

inline Decoder small_decoder(const DecoderConfig& config = small_config()) {
  torch::set_num_threads(1);  // so small a model only waits for a second one
  Decoder decoder = make_decoder(config, 3);
  // Fresh weights say the same whatever is asked; larger ones tell prompts apart.
  for (auto& [name, weight] : named_weights(decoder))
    if (weight->dim() == 2) weight->mul_(8);
  return decoder;
}

}  // namespace retort
