#include "nn/cross_entropy.h"

#include "base/check.h"
#include "nn/row_kernels.h"
#include "nn/rows.h"

namespace retort {

torch::Tensor cross_entropy_in_place(torch::Tensor& logits_NV, const torch::Tensor& targets_N) {
  torch::NoGradGuard no_grad;
  RETORT_CHECK(logits_NV.dim() == 2 && targets_N.dim() == 1 && logits_NV.size(0) == targets_N.size(0),
               "cross-entropy wants logits (N, V) and targets (N)");
  if (!has_row_kernels(logits_NV.device(), logits_NV.scalar_type()) || !logits_NV.is_contiguous()) {
    torch::Tensor targets_N1 = targets_N.unsqueeze(1), log_sum_N1 = logits_NV.logsumexp(1, true);
    torch::Tensor loss_N1 = log_sum_N1 - logits_NV.gather(1, targets_N1);
    logits_NV.sub_(log_sum_N1).exp_().scatter_add_(1, targets_N1, torch::full_like(log_sum_N1, -1));
    return loss_N1.squeeze(1);
  }
  int64_t rows = logits_NV.size(0), width = logits_NV.size(1);
  RETORT_CHECK(rows == 0 || (targets_N.min().item<int64_t>() >= 0 && targets_N.max().item<int64_t>() < width),
               "a target outside the vocabulary of {}", width);
  torch::Tensor loss_N = torch::empty({rows}, logits_NV.options()), targets = targets_N.contiguous();
  at::parallel_for(0, rows, 8, [&](int64_t begin, int64_t end) {
    cross_entropy_rows(logits_NV.mutable_data_ptr<float>(), targets.const_data_ptr<int64_t>(), begin, end,
                       width, loss_N.mutable_data_ptr<float>());
  });
  return loss_N;
}

}  // namespace retort
