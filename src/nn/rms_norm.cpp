#include "nn/rms_norm.h"

#include "base/check.h"

namespace retort {

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight_D, double epsilon) {
  RETORT_CHECK(weight_D.dim() == 1 && x.size(-1) == weight_D.size(0), "width {} of x, {} of the weight",
               x.size(-1), weight_D.size(0));
  torch::Tensor wide = x.to(torch::kFloat32);
  torch::Tensor scale = torch::rsqrt(wide.square().mean(-1, true) + epsilon);
  return (wide * scale).to(x.scalar_type()) * weight_D;
}

}  // namespace retort
