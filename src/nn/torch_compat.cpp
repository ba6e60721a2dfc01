#include "nn/torch_compat.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/CachingDeviceAllocator.h>

namespace retort {

void fused_adamw(std::vector<torch::Tensor>& weights, const std::vector<torch::Tensor>& gradients,
                 std::vector<torch::Tensor>& first_moments, std::vector<torch::Tensor>& second_moments,
                 int64_t step, const AdamwNumbers& numbers) {
  if (weights.empty()) return;
  torch::NoGradGuard no_grad;
  torch::Tensor count =
      torch::full({}, static_cast<double>(step), weights[0].options().dtype(torch::kFloat32));
  std::vector<torch::Tensor> counts(weights.size(), count);
  at::_fused_adamw_(weights, gradients, first_moments, second_moments, {}, counts, numbers.learning_rate,
                    numbers.beta1, numbers.beta2, numbers.weight_decay, numbers.epsilon, false, false);
}

torch::Tensor onednn_weight(const torch::Tensor& weight) {
  torch::jit::Stack stack = {weight, c10::IValue()};  // for any number of rows
  c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "").callBoxed(stack);
  return stack.at(0).toTensor();
}

torch::Tensor onednn_linear(const torch::Tensor& x, const torch::Tensor& packed, const torch::Tensor& bias) {
  static const auto linear =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
          .typed<torch::Tensor(const torch::Tensor&, const torch::Tensor&,
                               const std::optional<torch::Tensor>&, std::string_view,
                               c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>)>();
  const std::optional<torch::Tensor> added = bias.defined() ? std::optional(bias) : std::nullopt;
  return linear.call(x, packed, added, "none", c10::List<std::optional<at::Scalar>>(), "");
}

int64_t peak_tensor_bytes(torch::Device device) {
  constexpr size_t kAggregate = 0;
  return at::getDeviceAllocator(device.type())->getDeviceStats(0).allocated_bytes[kAggregate].peak;
}

}  // namespace retort
