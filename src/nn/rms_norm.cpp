#include "nn/rms_norm.h"

#include <algorithm>

#include "base/check.h"
#include "nn/row_kernels.h"
#include "nn/rows.h"

namespace retort {
namespace {

struct Normed {
  torch::Tensor sum, y, inverse_N;
};

// `added` undefined: the norm of x itself.
Normed run_forward(const torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight,
                   double epsilon) {
  int64_t width = x.size(-1), rows = x.numel() / width;
  Normed out{added.defined() ? torch::empty_like(x) : x, torch::empty_like(x),
             torch::empty({rows}, x.options().dtype(torch::kFloat32))};
  with_row_type(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    NormRows<T> in{read_rows<T>(x), read_rows<T>(weight), width};
    const T* plus = added.defined() ? read_rows<T>(added) : nullptr;
    T* sum = plus != nullptr ? write_rows<T>(out.sum) : nullptr;
    at::parallel_for(0, rows, kBlockRows, [&](int64_t begin, int64_t end) {
      rms_norm_rows(in, plus, begin, end, static_cast<float>(epsilon), sum, write_rows<T>(out.y),
                    out.inverse_N.mutable_data_ptr<float>());
    });
  });
  return out;
}

struct NormGradients {
  torch::Tensor dx, dweight_D;
};

NormGradients run_backward(const torch::autograd::variable_list& saved, const torch::Tensor& dy_in,
                           const torch::Tensor& dsum_in) {
  const torch::Tensor &x = saved[0], &weight = saved[1], &inverse_N = saved[2];
  int64_t width = x.size(-1), rows = x.numel() / width, blocks = (rows + kBlockRows - 1) / kBlockRows;
  torch::Tensor dx = torch::empty_like(x);
  torch::Tensor parts = torch::zeros({blocks, width}, x.options().dtype(torch::kFloat32));
  torch::Tensor dy = dy_in.defined() ? dy_in.contiguous() : torch::zeros_like(x);
  torch::Tensor dsum = dsum_in.defined() ? dsum_in.contiguous() : dsum_in;
  with_row_type(x.scalar_type(), [&](auto type) {
    using T = decltype(type);
    NormRows<T> in{read_rows<T>(x), read_rows<T>(weight), width};
    at::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
      for (int64_t block = first; block < last; ++block)
        rms_norm_rows_backward(in, inverse_N.const_data_ptr<float>(), read_rows<T>(dy),
                               dsum.defined() ? read_rows<T>(dsum) : nullptr, block * kBlockRows,
                               std::min(rows, (block + 1) * kBlockRows), write_rows<T>(dx),
                               parts.mutable_data_ptr<float>() + block * width);
    });
  });
  return {dx, parts.sum(0).to(weight.scalar_type())};
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, double epsilon) {
    Normed out = run_forward(x.contiguous(), {}, weight.contiguous(), epsilon);
    context->save_for_backward({out.sum, weight.contiguous(), out.inverse_N});
    return out.y;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    NormGradients gradients = run_backward(context->get_saved_variables(), outer[0], {});
    return {gradients.dx, gradients.dweight_D, {}};
  }
};

class AddRmsNorm : public torch::autograd::Function<AddRmsNorm> {
 public:
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const torch::Tensor& x, const torch::Tensor& added,
                                                const torch::Tensor& weight, double epsilon) {
    Normed out = run_forward(x.contiguous(), added.contiguous(), weight.contiguous(), epsilon);
    context->save_for_backward({out.sum, weight.contiguous(), out.inverse_N});
    return {out.sum, out.y};
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list outer) {
    NormGradients gradients = run_backward(context->get_saved_variables(), outer[1], outer[0]);
    return {gradients.dx, gradients.dx, gradients.dweight_D, {}};
  }
};

}  // namespace

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight_D, double epsilon) {
  RETORT_CHECK(weight_D.dim() == 1 && x.size(-1) == weight_D.size(0), "width {} of x, {} of the weight",
               x.size(-1), weight_D.size(0));
  if (has_row_kernels(x.device(), x.scalar_type()) && weight_D.scalar_type() == x.scalar_type())
    return RmsNorm::apply(x, weight_D, epsilon);
  torch::Tensor wide = x.to(torch::kFloat32);
  torch::Tensor scale = torch::rsqrt(wide.square().mean(-1, true) + epsilon);
  if (weight_D.scalar_type() != x.scalar_type()) return (wide * scale * weight_D).to(x.scalar_type());
  return (wide * scale).to(x.scalar_type()) * weight_D;
}

SumAndNorm add_rms_norm(const torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight_D,
                        double epsilon) {
  RETORT_CHECK(x.sizes() == added.sizes() && weight_D.dim() == 1 && x.size(-1) == weight_D.size(0),
               "width {} of x, {} of what is added, {} of the weight", x.size(-1), added.size(-1),
               weight_D.size(0));
  if (has_row_kernels(x.device(), x.scalar_type()) && added.scalar_type() == x.scalar_type() &&
      weight_D.scalar_type() == x.scalar_type()) {
    auto both = AddRmsNorm::apply(x, added, weight_D, epsilon);
    return {both[0], both[1]};
  }
  torch::Tensor sum = x + added;
  return {sum, rms_norm(sum, weight_D, epsilon)};
}

}  // namespace retort
