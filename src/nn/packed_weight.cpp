#include "nn/packed_weight.h"

#include "nn/torch_compat.h"

namespace retort {
namespace {

// Asked once, with a product of its own: it takes an instruction set that not every processor has.
bool is_supported() {
  static const bool supported = [] {
    try {
      const torch::Tensor x = torch::ones({2, 32}, torch::kBFloat16);
      return onednn_linear(x, onednn_weight(x), {}).sizes() == torch::IntArrayRef{2, 2};
    } catch (const c10::Error&) {
      return false;
    }
  }();
  return supported;
}

}  // namespace

torch::Tensor pack_weight(const torch::Tensor& weight) {
  if (!weight.is_cpu() || weight.scalar_type() != torch::kBFloat16 || !is_supported()) return {};
  torch::NoGradGuard no_grad;
  return onednn_weight(weight.contiguous());
}

torch::Tensor packed_linear(const torch::Tensor& x, const torch::Tensor& packed, const torch::Tensor& bias) {
  torch::NoGradGuard no_grad;
  return onednn_linear(x, packed, bias);
}

}  // namespace retort
