#include "nn/recompute.h"

#include <utility>

namespace retort {
namespace {

using Part = std::function<torch::Tensor(const torch::Tensor&)>;

// Autograd keeps values of its own kinds only.
struct HeldPart : torch::CustomClassHolder {
  explicit HeldPart(Part held) : part(std::move(held)) {}
  Part part;
};

class Recomputed : public torch::autograd::Function<Recomputed> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, Part part) {
    context->save_for_backward({x});
    torch::Tensor y = part(x);
    context->saved_data["part"] = c10::IValue::make_capsule(c10::make_intrusive<HeldPart>(std::move(part)));
    return y;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    torch::Tensor x = context->get_saved_variables()[0].detach().requires_grad_(true);
    auto held = c10::static_intrusive_pointer_cast<HeldPart>(context->saved_data["part"].toCapsule());
    torch::AutoGradMode with_gradients(true);
    torch::autograd::backward({held->part(x)}, {outer[0]});
    return {x.grad(), {}};
  }
};

}  // namespace

torch::Tensor recomputed(const torch::Tensor& x, Part part) {
  if (!torch::GradMode::is_enabled()) return part(x);
  // Weights alone do not make autograd keep the part: its input must ask for a gradient.
  return Recomputed::apply(x.requires_grad() ? x : x.detach().requires_grad_(true), std::move(part));
}

}  // namespace retort
