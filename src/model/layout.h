// How a decoder's weights lie in the files of its family: mostly one stored tensor a weight, in Phi-3 several
// weights stacked in one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/decoder.h"

namespace retort {

struct StoredTensor {
  std::string name;
  std::vector<std::pair<std::string, torch::Tensor*>> parts;  // stacked in the first dimension, in this order
};

// Every weight of named_weights exactly once, in its order. Points into the decoder.
std::vector<StoredTensor> stored_tensors(Decoder& decoder);
// The shape of the whole.
std::vector<int64_t> stored_shape(const DecoderConfig& config, const StoredTensor& stored);

}  // namespace retort
