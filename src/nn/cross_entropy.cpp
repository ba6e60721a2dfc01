#include "nn/cross_entropy.h"

#include "base/check.h"
#include "nn/row_kernels.h"
#include "nn/rows.h"

namespace retort {
namespace {

torch::Tensor by_operators(torch::Tensor& logits_NV, const torch::Tensor& targets_N,
                           const torch::Tensor& weights_N) {
  bool narrow = c10::elementSize(logits_NV.scalar_type()) < 4;
  torch::Tensor targets_N1 = targets_N.unsqueeze(1);
  torch::Tensor wide_NV = narrow ? logits_NV.to(torch::kFloat32) : logits_NV;
  torch::Tensor log_sum_N1 = wide_NV.logsumexp(1, true);
  torch::Tensor loss_N = (log_sum_N1 - wide_NV.gather(1, targets_N1)).squeeze(1);
  torch::Tensor gradient_NV = (wide_NV - log_sum_N1).exp_();
  gradient_NV.scatter_add_(1, targets_N1, torch::full_like(log_sum_N1, -1));
  if (weights_N.defined()) gradient_NV.mul_(weights_N.unsqueeze(1)), loss_N = loss_N * weights_N;
  logits_NV.copy_(gradient_NV);
  return loss_N;
}

template <class T>
void by_kernel(torch::Tensor& logits_NV, const torch::Tensor& targets_N, const torch::Tensor& weights_N,
               torch::Tensor& loss_N) {
  const int64_t width = logits_NV.size(1);
  T* logits = static_cast<T*>(logits_NV.mutable_data_ptr());
  const int64_t* targets = targets_N.const_data_ptr<int64_t>();
  const float* weights = weights_N.defined() ? weights_N.const_data_ptr<float>() : nullptr;
  float* loss = loss_N.mutable_data_ptr<float>();
  at::parallel_for(0, logits_NV.size(0), 8, [&](int64_t begin, int64_t end) {
    std::vector<float> wide(static_cast<size_t>(width));
    cross_entropy_rows(logits, targets, weights, begin, end, width, wide.data(), loss);
  });
}

}  // namespace

torch::Tensor cross_entropy_in_place(torch::Tensor& logits_NV, const torch::Tensor& targets_N,
                                     const torch::Tensor& weights_N) {
  torch::NoGradGuard no_grad;
  RETORT_CHECK(logits_NV.dim() == 2 && targets_N.dim() == 1 && logits_NV.size(0) == targets_N.size(0),
               "cross-entropy wants logits (N, V) and targets (N)");
  RETORT_CHECK(!weights_N.defined() || weights_N.sizes() == targets_N.sizes(), "{} weights for {} targets",
               weights_N.numel(), targets_N.numel());
  if (!has_row_kernels(logits_NV.device(), logits_NV.scalar_type()) || !logits_NV.is_contiguous())
    return by_operators(logits_NV, targets_N, weights_N);
  int64_t rows = logits_NV.size(0), width = logits_NV.size(1);
  RETORT_CHECK(rows == 0 || (targets_N.min().item<int64_t>() >= 0 && targets_N.max().item<int64_t>() < width),
               "a target outside the vocabulary of {}", width);
  torch::Tensor loss_N = torch::empty({rows}, logits_NV.options().dtype(torch::kFloat32));
  torch::Tensor targets = targets_N.contiguous();
  torch::Tensor weights = weights_N.defined() ? weights_N.to(torch::kFloat32).contiguous() : weights_N;
  if (logits_NV.scalar_type() == torch::kFloat32)
    by_kernel<float>(logits_NV, targets, weights, loss_N);
  else
    by_kernel<Bf16>(logits_NV, targets, weights, loss_N);
  return loss_N;
}

}  // namespace retort
