#include "nn/swiglu.h"

#include "base/check.h"
#include "nn/row_kernels.h"
#include "nn/rows.h"

namespace retort {
namespace {

class Swiglu : public torch::autograd::Function<Swiglu> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& gate_up_in) {
    torch::Tensor gate_up = gate_up_in.contiguous();
    int64_t width = gate_up.size(-1) / 2, rows = gate_up.numel() / (2 * width);
    std::vector<int64_t> shape = gate_up.sizes().vec();
    shape.back() = width;
    torch::Tensor y = torch::empty(shape, gate_up.options());
    at::parallel_for(0, rows, kBlockRows, [&](int64_t begin, int64_t end) {
      with_row_type(y.scalar_type(), [&](auto type) {
        using T = decltype(type);
        swiglu_rows(read_rows<T>(gate_up), begin, end, width, write_rows<T>(y));
      });
    });
    context->save_for_backward({gate_up});
    return y;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    torch::Tensor gate_up = context->get_saved_variables()[0], dy = outer[0].contiguous();
    torch::Tensor dgate_up = torch::empty_like(gate_up);
    int64_t width = dy.size(-1), rows = dy.numel() / width;
    at::parallel_for(0, rows, kBlockRows, [&](int64_t begin, int64_t end) {
      with_row_type(dy.scalar_type(), [&](auto type) {
        using T = decltype(type);
        swiglu_rows_backward(read_rows<T>(gate_up), read_rows<T>(dy), begin, end, width,
                             write_rows<T>(dgate_up));
      });
    });
    return {dgate_up};
  }
};

}  // namespace

torch::Tensor swiglu(const torch::Tensor& gate_up) {
  RETORT_CHECK(gate_up.size(-1) % 2 == 0, "gate and up are {} columns together", gate_up.size(-1));
  if (has_row_kernels(gate_up.device(), gate_up.scalar_type())) return Swiglu::apply(gate_up);
  std::vector<torch::Tensor> half = gate_up.chunk(2, -1);
  return torch::silu(half[0]) * half[1];
}

torch::Tensor geglu(const torch::Tensor& gate_up) {
  RETORT_CHECK(gate_up.size(-1) % 2 == 0, "gate and up are {} columns together", gate_up.size(-1));
  std::vector<torch::Tensor> half = gate_up.chunk(2, -1);
  return torch::gelu(half[0], "tanh") * half[1];
}

}  // namespace retort
