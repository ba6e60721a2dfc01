#include "train/loss.h"

#include <algorithm>

#include "base/check.h"
#include "nn/cross_entropy.h"

namespace retort {
namespace {

// The number of response tokens changes from step to step, and oneDNN compiles a kernel for every new shape:
// rows are filled up with zeros to a multiple of this, so that few shapes come up.
constexpr int64_t kRowUnit = 32;

// The gradient of a cross-entropy is softmax minus one at the target: known as soon as the loss is, so it is
// pushed through the head at once and the logits are dropped.
class LinearCrossEntropy : public torch::autograd::Function<LinearCrossEntropy> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& hidden_RD,
                               const torch::Tensor& head_VD, const torch::Tensor& targets_R,
                               int64_t logits_max, double softcap) {
    bool wants_gradient = hidden_RD.requires_grad() || head_VD.requires_grad();
    int64_t rows = hidden_RD.size(0), step = std::max<int64_t>(1, logits_max / head_VD.size(0));
    torch::Tensor loss = torch::zeros({}, hidden_RD.options().dtype(torch::kFloat32));
    torch::Tensor hidden_gradient_RD, head_gradient_VD;
    if (wants_gradient) hidden_gradient_RD = torch::empty_like(hidden_RD);
    for (int64_t begin = 0; begin < rows; begin += step) {
      int64_t count = std::min(step, rows - begin);
      int64_t fill = (count + kRowUnit - 1) / kRowUnit * kRowUnit - count;
      torch::Tensor chunk_CD = torch::constant_pad_nd(hidden_RD.narrow(0, begin, count), {0, 0, 0, fill});
      torch::Tensor logits_CV = torch::linear(chunk_CD, head_VD).to(torch::kFloat32);
      if (softcap > 0) logits_CV.div_(softcap).tanh_().mul_(softcap);
      torch::Tensor slope_CV = softcap > 0 ? 1 - (logits_CV / softcap).square() : torch::Tensor();
      torch::Tensor real_CV = logits_CV.narrow(0, 0, count);
      loss += cross_entropy_in_place(real_CV, targets_R.narrow(0, begin, count)).sum();
      if (!wants_gradient) continue;
      logits_CV.narrow(0, count, fill).zero_();
      if (slope_CV.defined()) logits_CV.mul_(slope_CV);
      torch::Tensor gradient_CV = logits_CV.to(hidden_RD.scalar_type());
      hidden_gradient_RD.narrow(0, begin, count)
          .copy_(torch::matmul(gradient_CV, head_VD).narrow(0, 0, count));
      torch::Tensor part_VD = torch::matmul(gradient_CV.t(), chunk_CD);
      head_gradient_VD = head_gradient_VD.defined() ? head_gradient_VD.add_(part_VD) : part_VD;
    }
    if (wants_gradient) context->save_for_backward({hidden_gradient_RD, head_gradient_VD});
    return loss;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    auto saved = context->get_saved_variables();
    torch::Tensor scale = outer[0].to(saved[0].scalar_type());
    return {saved[0] * scale, saved[1] * scale, torch::Tensor(), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor cross_entropy_sum(const torch::Tensor& hidden_RD, const torch::Tensor& head_VD,
                                const torch::Tensor& targets_R, int64_t logits_max, double softcap) {
  RETORT_CHECK(hidden_RD.dim() == 2 && targets_R.dim() == 1 && hidden_RD.size(0) == targets_R.size(0) &&
                   hidden_RD.size(1) == head_VD.size(1),
               "the loss wants hidden (R, D), head (V, D), targets (R)");
  RETORT_CHECK(targets_R.numel() > 0, "a batch without response tokens has no loss");
  return LinearCrossEntropy::apply(hidden_RD, head_VD, targets_R, logits_max, softcap);
}

torch::Tensor response_loss_sum(const Decoder& decoder, const TrainBatch& batch) {
  torch::Tensor hidden_ND = hidden_states(decoder, batch.packed).flatten(0, 1);
  return cross_entropy_sum(hidden_ND.index_select(0, batch.rows_R), decoder.head_VD, batch.targets_R,
                           int64_t{1} << 23, decoder.config.final_softcap);
}

}  // namespace retort
