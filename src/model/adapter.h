// LoRA adapters of a decoder (Hu et al., arXiv 2106.09685), and the folder that PEFT keeps them in. While an
// adapter hangs on a projection, it alone is trained; merging adds it to the weight and takes it off.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "model/decoder.h"

namespace retort {

struct AdapterOptions {
  int64_t rank = 16;
  double alpha = 32;  // what the adapter adds is scaled by alpha / rank
  // Which projections of each layer, by their Hugging Face names.
  std::vector<std::string> targets = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                      "gate_proj", "up_proj", "down_proj"};
};

// Hangs a fresh adapter on each target: down uniform in ±1/sqrt(in) (PEFT's default), up zero, so that the
// decoder says what it said. fp32, on the decoder's device. InvalidArgument for a rank below 1, a target that
// is not known, or an adapter that is there already.
Result<void> attach_adapters(Decoder& decoder, const AdapterOptions& options, uint64_t seed);
// The adapters' tensors by PEFT's names ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"),
// in a fixed order; none where there are none.
std::vector<std::pair<std::string, torch::Tensor*>> adapter_weights(Decoder& decoder);
// Adds every adapter to its weight and takes it off.
void merge_adapters(Decoder& decoder);

// Writes adapter_model.safetensors, then adapter_config.json. `base` is what PEFT shall load the base from.
Result<void> save_adapter_folder(const Path& folder, Decoder& decoder, const AdapterOptions& options,
                                 const std::string& base);
// Hangs the adapter of a PEFT folder on the decoder. Malformed, Mismatch (shapes, or a target that the
// decoder does not have); InvalidArgument for what is no plain LoRA (DoRA, rank-stabilised scaling is read,
// biases and whole modules are not).
Result<AdapterOptions> load_adapter_folder(const Path& folder, Decoder& decoder);

}  // namespace retort
