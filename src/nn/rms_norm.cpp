#include "nn/rms_norm.h"

#include <algorithm>

#include "base/check.h"
#include "nn/row_kernels.h"
#include "nn/rows.h"

namespace retort {
namespace {

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x_in,
                               const torch::Tensor& weight_in, double epsilon) {
    torch::Tensor x = x_in.contiguous(), weight = weight_in.contiguous();
    int64_t width = x.size(-1), rows = x.numel() / width;
    torch::Tensor y = torch::empty_like(x), inverse_N = torch::empty({rows}, x.options());
    at::parallel_for(0, rows, kBlockRows, [&](int64_t begin, int64_t end) {
      rms_norm_rows(x.const_data_ptr<float>(), weight.const_data_ptr<float>(), begin, end, width,
                    static_cast<float>(epsilon), y.mutable_data_ptr<float>(),
                    inverse_N.mutable_data_ptr<float>());
    });
    context->save_for_backward({x, weight, inverse_N});
    return y;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1];
    torch::Tensor dy = outer[0].contiguous(), dx = torch::empty_like(x);
    int64_t width = x.size(-1), rows = x.numel() / width, blocks = (rows + kBlockRows - 1) / kBlockRows;
    torch::Tensor parts = torch::zeros({blocks, width}, x.options());
    at::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; ++block)
        rms_norm_rows_backward(x.const_data_ptr<float>(), weight.const_data_ptr<float>(),
                               saved[2].const_data_ptr<float>(), dy.const_data_ptr<float>(),
                               block * kBlockRows, std::min(rows, (block + 1) * kBlockRows), width,
                               dx.mutable_data_ptr<float>(), parts.mutable_data_ptr<float>() + block * width);
    });
    return {dx, parts.sum(0), {}};
  }
};

}  // namespace

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight_D, double epsilon) {
  RETORT_CHECK(weight_D.dim() == 1 && x.size(-1) == weight_D.size(0), "width {} of x, {} of the weight",
               x.size(-1), weight_D.size(0));
  if (has_row_kernels(x.device(), x.scalar_type())) return RmsNorm::apply(x, weight_D, epsilon);
  torch::Tensor wide = x.to(torch::kFloat32);
  torch::Tensor scale = torch::rsqrt(wide.square().mean(-1, true) + epsilon);
  return (wide * scale).to(x.scalar_type()) * weight_D;
}

}  // namespace retort
