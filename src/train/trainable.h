// Which tensors of a decoder a run trains: its adapters where it has any, else all its weights.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/adapter.h"
#include "model/decoder.h"

namespace retort {

inline std::vector<std::pair<std::string, torch::Tensor*>> trainable_weights(Decoder& decoder) {
  auto adapters = adapter_weights(decoder);
  return adapters.empty() ? named_weights(decoder) : adapters;
}

}  // namespace retort
