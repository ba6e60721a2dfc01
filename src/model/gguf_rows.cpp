#include "model/gguf_rows.h"

namespace retort {
namespace {

torch::Tensor swap_row_order(const torch::Tensor& rows, int64_t head_width, int64_t inner) {
  std::vector<int64_t> split = {rows.size(0) / head_width, inner, head_width / inner};
  for (int64_t i = 1; i < rows.dim(); ++i) split.push_back(rows.size(i));
  return rows.view(split).transpose(1, 2).reshape(rows.sizes()).contiguous();
}

bool has_turned_rows(const GgufArchitecture& family, std::string_view name) {
  return family.query_rows == GgufArchitecture::RowOrder::Pairs &&
         (name.find(".q_proj.") != std::string_view::npos || name.find(".k_proj.") != std::string_view::npos);
}

bool has_one_added(const GgufArchitecture& family, std::string_view name) {
  return family.norm_weight == GgufArchitecture::NormWeight::PlusOne && name.ends_with("norm.weight");
}

}  // namespace

torch::Tensor as_hugging_face_has(const GgufArchitecture& family, std::string_view name,
                                  const torch::Tensor& rows, int64_t head_width) {
  if (has_turned_rows(family, name)) return swap_row_order(rows, head_width, head_width / 2);
  return has_one_added(family, name) ? rows - 1 : rows;
}
torch::Tensor as_llama_cpp_has(const GgufArchitecture& family, std::string_view name,
                               const torch::Tensor& rows, int64_t head_width) {
  if (has_turned_rows(family, name)) return swap_row_order(rows, head_width, 2);
  return has_one_added(family, name) ? rows + 1 : rows;
}

}  // namespace retort
