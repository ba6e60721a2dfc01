#include "train/job.h"

#include <string_view>

#include "base/format.h"
#include "base/hash.h"
#include "model/adapter.h"

namespace retort {
namespace {

std::string hash_weight(const torch::Tensor& weight) {
  torch::Tensor held = weight.detach().cpu().contiguous();
  return sha256_hex({static_cast<const char*>(held.data_ptr()), static_cast<size_t>(held.nbytes())});
}

std::string hash_data(std::span<const TokenSequence> data) {
  std::string bytes;
  for (const TokenSequence& document : data) {
    bytes += format("{} {}:", document.response_begin, document.tokens.size());
    bytes.append(reinterpret_cast<const char*>(document.tokens.data()),
                 document.tokens.size() * sizeof(int32_t));
    bytes.append(reinterpret_cast<const char*>(document.weights.data()),
                 document.weights.size() * sizeof(float));
  }
  return sha256_hex(bytes);
}

}  // namespace

std::string job_name(Decoder& decoder, std::span<const TokenSequence> data, const TrainOptions& o) {
  std::string text;
  text += format("{} {} {} {} {} {} {}\n", o.optimizer, o.learning_rate, o.adamw_learning_rate, o.beta1,
                 o.beta2, o.epsilon, o.momentum);
  text += format("{} {} {} {} {}\n", o.weight_decay, o.clip_norm, o.warmup_share, o.schedule, o.final_share);
  text += format("{} {} {} {} {}\n", o.epochs, o.steps, o.rows_per_step, o.row_tokens, o.seed);
  text += hash_data(data) + "\n";
  text += format("{}\n", o.compute);
  for (auto& [name, weight] : adapter_weights(decoder)) text += format("{} {}\n", name, hash_weight(*weight));
  for (auto& [name, weight] : named_weights(decoder)) text += format("{} {}\n", name, hash_weight(*weight));
  return sha256_hex(text);
}

}  // namespace retort
