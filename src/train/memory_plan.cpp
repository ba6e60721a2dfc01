#include "train/memory_plan.h"

#include <algorithm>

#include "train/loss.h"
#include "train/trainable.h"

namespace retort {
namespace {

// A part of what is free stays so: the allocator's own losses, the data, and everybody else.
constexpr double kUsableShare = 0.9;
// Passes of fewer tokens leave the processor idle: below it is better to make activations again.
constexpr int64_t kPassTokensMin = 2'048;

struct Sizes {
  int64_t all = 0, trained = 0, matrices = 0;  // weights; matrices of layers among the trained
};

Sizes sizes_of(Decoder& decoder) {
  Sizes sizes;
  for (auto& [name, weight] : named_weights(decoder)) sizes.all += weight->numel();
  for (auto& [name, weight] : adapter_weights(decoder)) sizes.all += weight->numel();
  for (auto& [name, weight] : trainable_weights(decoder)) {
    sizes.trained += weight->numel();
    if (weight->dim() == 2 && name.find("model.layers.") != std::string::npos)
      sizes.matrices += weight->numel();
  }
  return sizes;
}

// What one token of one layer leaves for the way back: two norms' inputs and outputs, the fused projection,
// attention's output and its sums, gate and up, and their product.
int64_t kept_by_layer(const DecoderConfig& c) {
  return 4 * c.width + (2 * c.heads + 2 * c.kv_heads) * c.head_width + 2 * c.heads + 3 * c.feed_forward;
}

// Joined copies of a layer's projections, kept for the way back.
int64_t joined_weights(const DecoderConfig& c) {
  return c.width * ((c.heads + 2 * c.kv_heads) * c.head_width + 2 * c.feed_forward);
}

int64_t activation_bytes(const DecoderConfig& c, int64_t tokens, int64_t element, Recompute recompute) {
  const int64_t layer = tokens * kept_by_layer(c) + joined_weights(c);
  const int64_t gradient = tokens * (2 * c.feed_forward + 2 * c.width);  // in flight
  const int64_t ends = 4 * tokens * c.width;
  const int64_t layers =
      recompute == Recompute::Layers ? layer + c.layers * tokens * c.width : c.layers * layer;
  return element * (layers + gradient + ends);
}

MemoryPlan plan_for(Decoder& decoder, const TrainOptions& options, int64_t pass_rows, Recompute recompute) {
  const DecoderConfig& c = decoder.config;
  const Sizes sizes = sizes_of(decoder);
  const bool narrow = options.compute == "bf16";
  const int64_t element = narrow ? 2 : 4, tokens = pass_rows * options.row_tokens;
  MemoryPlan plan;
  plan.weights = 4 * sizes.all + (narrow ? 2 * sizes.all : 0);
  plan.gradients = 4 * sizes.trained + (narrow ? 2 * sizes.trained : 0);
  plan.optimizer = options.optimizer == "muon" ? 8 * sizes.trained - 4 * sizes.matrices : 8 * sizes.trained;
  plan.activations = activation_bytes(c, tokens, element, recompute);
  plan.logits = element * std::min(kLogitsMax, tokens * c.vocabulary) + 2 * element * tokens * c.width;
  plan.pass_rows = pass_rows;
  plan.recompute = recompute;
  return plan;
}

double gigabytes(int64_t bytes) { return static_cast<double>(bytes) / 1e9; }

}  // namespace

std::string MemoryPlan::text() const {
  return format(
      "{:.2f} GB (weights {:.2f}, gradients {:.2f}, optimizer {:.2f}, activations {:.2f}{}, logits {:.2f})",
      gigabytes(total()), gigabytes(weights), gigabytes(gradients), gigabytes(optimizer),
      gigabytes(activations), recompute == Recompute::Layers ? " made again by layer" : "",
      gigabytes(logits));
}

Result<MemoryPlan> plan_memory(Decoder& decoder, const TrainOptions& options, int64_t available_bytes) {
  const int64_t held = 4 * sizes_of(decoder).all;
  const auto room = static_cast<int64_t>(kUsableShare * static_cast<double>(available_bytes));
  const int64_t most =
      std::clamp<int64_t>(options.pass_tokens / options.row_tokens, 1, options.rows_per_step);
  auto fits = [&](const MemoryPlan& plan) { return plan.total() - held <= room; };
  if (options.recompute != "on")
    for (int64_t rows = most; rows >= 1; rows /= 2) {
      if (options.recompute == "auto" && rows < most && rows * options.row_tokens < kPassTokensMin) break;
      if (MemoryPlan plan = plan_for(decoder, options, rows, Recompute::Nothing); fits(plan)) return plan;
    }
  if (options.recompute != "off")
    for (int64_t rows = most; rows >= 1; rows /= 2)
      if (MemoryPlan plan = plan_for(decoder, options, rows, Recompute::Layers); fits(plan)) return plan;
  MemoryPlan least =
      plan_for(decoder, options, 1, options.recompute == "off" ? Recompute::Nothing : Recompute::Layers);
  return Error{
      ErrorCode::OutOfMemory,
      format("training needs {} at the least, beside {:.2f} GB that are free; lower train.row_tokens "
             "({}){}, train an adapter (train.lora_rank), or take a smaller student",
             least.text(), gigabytes(available_bytes), options.row_tokens,
             options.recompute == "off" ? ", set train.recompute to \"auto\"" : "")};
}

}  // namespace retort
