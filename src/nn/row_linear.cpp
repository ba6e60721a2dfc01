#include "nn/row_linear.h"

#include "base/check.h"
#include "nn/row_linear_kernel.h"

namespace retort {

bool has_row_linear(const torch::Tensor& x, const torch::Tensor& weight) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kFloat32 &&
         !(torch::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad()));
}

torch::Tensor row_linear(const torch::Tensor& x_in, const torch::Tensor& weight_in) {
  RETORT_CHECK(weight_in.dim() == 2 && x_in.size(-1) == weight_in.size(1), "{} columns, a weight of {}",
               x_in.size(-1), weight_in.size(-1));
  torch::Tensor x = x_in.contiguous(), weight = weight_in.contiguous();
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  torch::Tensor y = torch::empty(shape, x.options());
  RowLinear linear{x.const_data_ptr<float>(),
                   weight.const_data_ptr<float>(),
                   y.mutable_data_ptr<float>(),
                   x.numel() / x.size(-1),
                   weight.size(1),
                   weight.size(0)};
  at::parallel_for(0, linear.out, 48, [&](int64_t begin, int64_t end) { multiply_rows(linear, begin, end); });
  return y;
}

}  // namespace retort
