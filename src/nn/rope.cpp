#include "nn/rope.h"

#include "base/check.h"

namespace retort {

RopeTable rope_table(const torch::Tensor& positions_BT, int64_t head_width, double base) {
  RETORT_CHECK(positions_BT.dim() == 2 && head_width % 2 == 0, "positions of {} dimensions, head width {}",
               positions_BT.dim(), head_width);
  auto options = torch::TensorOptions().dtype(torch::kFloat32).device(positions_BT.device());
  torch::Tensor exponents_E = torch::arange(0, head_width, 2, options) / static_cast<double>(head_width);
  torch::Tensor frequencies_E = torch::pow(base, exponents_E).reciprocal();
  torch::Tensor angles_BTE = positions_BT.to(torch::kFloat32).unsqueeze(-1) * frequencies_E;
  return {angles_BTE.cos(), angles_BTE.sin()};
}

torch::Tensor rotate(const torch::Tensor& x_BTHE, const RopeTable& table) {
  RETORT_CHECK(x_BTHE.dim() == 4 && x_BTHE.size(-1) == 2 * table.cos_BTE.size(-1), "head width {}, table {}",
               x_BTHE.size(-1), table.cos_BTE.size(-1));
  torch::Tensor cos = table.cos_BTE.unsqueeze(2).to(x_BTHE.scalar_type());
  torch::Tensor sin = table.sin_BTE.unsqueeze(2).to(x_BTHE.scalar_type());
  std::vector<torch::Tensor> half = x_BTHE.chunk(2, -1);
  return torch::cat({half[0] * cos - half[1] * sin, half[1] * cos + half[0] * sin}, -1);
}

}  // namespace retort
