#include "nn/attention.h"

#include "base/check.h"

namespace retort {

torch::Tensor document_mask(const torch::Tensor& documents_BT) {
  RETORT_CHECK(documents_BT.dim() == 2, "documents of {} dimensions", documents_BT.dim());
  int64_t tokens = documents_BT.size(1);
  torch::Tensor same_BTT = documents_BT.unsqueeze(2) == documents_BT.unsqueeze(1);
  torch::Tensor past_TT = torch::ones({tokens, tokens}, same_BTT.options()).tril();
  return (same_BTT & past_TT).unsqueeze(1);
}

torch::Tensor attend(const torch::Tensor& q_BTHE, const torch::Tensor& k_BSKE, const torch::Tensor& v_BSKE,
                     const torch::Tensor& mask_B1TS) {
  RETORT_CHECK(q_BTHE.dim() == 4 && k_BSKE.dim() == 4 && k_BSKE.sizes() == v_BSKE.sizes(),
               "attention wants q (B, T, H, E) and k, v (B, S, K, E)");
  int64_t groups = q_BTHE.size(2) / k_BSKE.size(2);
  RETORT_CHECK(groups * k_BSKE.size(2) == q_BTHE.size(2), "{} heads over {} key heads", q_BTHE.size(2),
               k_BSKE.size(2));
  torch::Tensor y_BHTE = torch::scaled_dot_product_attention(q_BTHE.transpose(1, 2), k_BSKE.transpose(1, 2),
                                                             v_BSKE.transpose(1, 2), mask_B1TS, 0.0, false,
                                                             std::nullopt, groups > 1);
  return y_BHTE.transpose(1, 2).flatten(2);
}

}  // namespace retort
