#include "train/loss.h"

#include <algorithm>

#include "base/check.h"
#include "nn/cross_entropy.h"

namespace retort {
namespace {

// The number of response tokens changes from step to step, and oneDNN compiles a kernel for every new shape:
// rows are filled up with zeros to a multiple of this, so that few shapes come up.
constexpr int64_t kRowUnit = 32;

// Logits of one chunk become the gradient of its loss, in place; gives the loss.
torch::Tensor chunk_loss(torch::Tensor& logits_CV, const torch::Tensor& targets_C,
                         const torch::Tensor& weights_C, double softcap) {
  torch::Tensor slope_CV;
  if (softcap > 0) {
    logits_CV.div_(softcap).tanh_();
    slope_CV = 1 - logits_CV.square();
    logits_CV.mul_(softcap);
  }
  torch::Tensor loss = cross_entropy_in_place(logits_CV, targets_C, weights_C).sum();
  if (slope_CV.defined()) logits_CV.mul_(slope_CV);
  return loss;
}

// The gradient of a cross-entropy is softmax minus one at the target: known as soon as the loss is, so it is
// pushed through the head at once and the logits are dropped.
class LinearCrossEntropy : public torch::autograd::Function<LinearCrossEntropy> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& hidden_RD,
                               const torch::Tensor& head_VD, const torch::Tensor& targets_R,
                               const LossOptions& options) {
    int64_t rows = hidden_RD.size(0), step = std::max<int64_t>(1, options.logits_max / head_VD.size(0));
    torch::Tensor weights_R =
        options.weights_R.defined()
            ? options.weights_R * options.scale
            : torch::full({rows}, options.scale, hidden_RD.options().dtype(torch::kFloat32));
    torch::Tensor loss = torch::zeros({}, hidden_RD.options().dtype(torch::kFloat32));
    torch::Tensor hidden_gradient_RD, head_gradient_VD;
    if (hidden_RD.requires_grad()) hidden_gradient_RD = torch::empty_like(hidden_RD);
    for (int64_t begin = 0; begin < rows; begin += step) {
      int64_t count = std::min(step, rows - begin);
      int64_t fill = (count + kRowUnit - 1) / kRowUnit * kRowUnit - count;
      torch::Tensor chunk_CD = torch::constant_pad_nd(hidden_RD.narrow(0, begin, count), {0, 0, 0, fill});
      torch::Tensor logits_CV = torch::linear(chunk_CD, head_VD), real_CV = logits_CV.narrow(0, 0, count);
      loss += chunk_loss(real_CV, targets_R.narrow(0, begin, count), weights_R.narrow(0, begin, count),
                         options.softcap);
      logits_CV.narrow(0, count, fill).zero_();
      if (hidden_gradient_RD.defined())
        hidden_gradient_RD.narrow(0, begin, count)
            .copy_(torch::matmul(logits_CV, head_VD).narrow(0, 0, count));
      if (!head_VD.requires_grad()) continue;
      torch::Tensor part_VD = torch::matmul(logits_CV.t(), chunk_CD);
      head_gradient_VD = head_gradient_VD.defined() ? head_gradient_VD.add_(part_VD) : part_VD;
    }
    context->saved_data["gradients"] =
        std::vector<torch::Tensor>{hidden_gradient_RD.defined() ? hidden_gradient_RD : torch::empty({0}),
                                   head_gradient_VD.defined() ? head_gradient_VD : torch::empty({0})};
    return loss;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    double scale = outer[0].item<double>();
    auto scaled = [&](const torch::Tensor& gradient) {
      if (gradient.dim() < 2) return torch::Tensor();
      return scale == 1 ? gradient : gradient * scale;
    };
    std::vector<torch::Tensor> gradients = context->saved_data["gradients"].toTensorVector();
    return {scaled(gradients[0]), scaled(gradients[1]), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor cross_entropy_sum(const torch::Tensor& hidden_RD, const torch::Tensor& head_VD,
                                const torch::Tensor& targets_R, const LossOptions& options) {
  RETORT_CHECK(hidden_RD.dim() == 2 && targets_R.dim() == 1 && hidden_RD.size(0) == targets_R.size(0) &&
                   hidden_RD.size(1) == head_VD.size(1),
               "the loss wants hidden (R, D), head (V, D), targets (R)");
  RETORT_CHECK(targets_R.numel() > 0, "a batch without response tokens has no loss");
  return LinearCrossEntropy::apply(hidden_RD, head_VD, targets_R, options);
}

torch::Tensor response_loss_sum(const Decoder& decoder, const TrainBatch& batch, double scale,
                                Recompute recompute) {
  torch::Tensor hidden_ND = hidden_states(decoder, batch.packed, recompute).flatten(0, 1);
  return cross_entropy_sum(
      hidden_ND.index_select(0, batch.rows_R), decoder.head_VD, batch.targets_R,
      {.weights_R = batch.weights_R, .scale = scale, .softcap = decoder.config.final_softcap});
}

}  // namespace retort
