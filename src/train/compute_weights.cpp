#include "train/compute_weights.h"

#include "model/adapter.h"

namespace retort {

ComputeWeights::ComputeWeights(Decoder& decoder, torch::ScalarType dtype)
    : decoder_(decoder), dtype_(dtype), copy_(decoder) {
  if (dtype == torch::kFloat32) return;
  torch::Tensor embedding_VD = decoder.embedding_VD;
  for (auto& [name, weight] : named_weights(copy_))
    if (weight != &copy_.embedding_VD) *weight = copied(*weight);
  for (auto& [name, weight] : adapter_weights(copy_)) *weight = copied(*weight);
  if (decoder.config.tied) copy_.head_VD = copied(embedding_VD);
}

torch::Tensor ComputeWeights::copied(const torch::Tensor& master) {
  torch::Tensor copy = master.detach().to(dtype_).contiguous().requires_grad_(master.requires_grad());
  if (master.requires_grad()) trained_.push_back({master, copy});
  return copy;
}

void ComputeWeights::gather_gradients() {
  torch::NoGradGuard no_grad;
  for (Copied& one : trained_) {
    torch::Tensor& gradient = one.copy.mutable_grad();
    if (!gradient.defined()) continue;
    if (one.master.grad().defined())
      one.master.mutable_grad().add_(gradient);
    else
      one.master.mutable_grad() = gradient.to(one.master.scalar_type());
    gradient = torch::Tensor();
  }
}

void ComputeWeights::drop_gradients() {
  for (Copied& one : trained_) one.copy.mutable_grad() = torch::Tensor();
}

void ComputeWeights::refresh() {
  torch::NoGradGuard no_grad;
  for (Copied& one : trained_) one.copy.copy_(one.master);
}

}  // namespace retort
